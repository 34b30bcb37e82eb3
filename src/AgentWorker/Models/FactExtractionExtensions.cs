namespace Loomflow.Aspire.AgentWorker.Models;

internal static class FactExtractionExtensions
{
    /// <summary>
    /// Has the model that <c>Memory:Extraction:Model</c> names take facts from what agents remember, in the background. Without such a setting facts are what
    /// steps and tools learn themselves.
    /// </summary>
    public static IHostApplicationBuilder AddFactExtraction(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration["Memory:Extraction:Model"] is { Length: > 0 } model)
        {
            builder.Services.AddSingleton<IFactExtractor>(services => new ModelFactExtractor(services.GetRequiredService<ModelCatalog>().Create(model), services: services));
        }

        return builder;
    }
}
