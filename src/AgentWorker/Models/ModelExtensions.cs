using Loomflow.Providers;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.AgentWorker.Models;

internal static class ModelExtensions
{
    /// <summary>
    /// The model of agents that are not given another one, from configuration: <c>Models:Default</c> by name, else one of the provider that
    /// there is a key for (<c>Models:Anthropic:ApiKey</c>, <c>Models:OpenAI:ApiKey</c>), else the offline model.
    /// </summary>
    public static IHostApplicationBuilder AddModels(this IHostApplicationBuilder builder)
    {
        var models = builder.Configuration.GetSection("Models");
        var catalog = new ModelCatalog();
        var model = "offline";
        if (models["OpenAI:ApiKey"] is { Length: > 0 } openAIKey)
        {
            catalog.AddOpenAI(Options(models.GetSection("OpenAI"), openAIKey));
            model = "gpt-4.1-mini";
        }

        if (models["Anthropic:ApiKey"] is { Length: > 0 } anthropicKey)
        {
            catalog.AddAnthropic(Options(models.GetSection("Anthropic"), anthropicKey));
            model = "claude-opus-4-7";
        }

        if (models["Default"] is { Length: > 0 } chosen) model = chosen;
        builder.Services.AddSingleton(catalog);
        builder.Services.AddSingleton(Create(catalog, model));
        return builder;
    }

    private static IChatClient Create(ModelCatalog catalog, string model)
    {
        try
        {
            return catalog.Create(model);
        }
        catch (ArgumentException unknown)
        {
            throw new ArgumentException(
                $"Models:Default is '{model}', which this worker has no key for. Set Models:OpenAI:ApiKey or Models:Anthropic:ApiKey; with AppHost that is, for example, "
                + $"'dotnet user-secrets --project AppHost set Parameters:openai-api-key sk-…'. Or leave Models:Default empty. {unknown.Message}", unknown);
        }
    }

    private static ProviderOptions Options(IConfigurationSection provider, string key) => new()
    {
        ApiKey = key,
        Endpoint = provider["Endpoint"] is { Length: > 0 } endpoint ? new Uri(endpoint) : null,
    };
}
