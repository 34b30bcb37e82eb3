using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace Loomflow.Providers;

/// <summary>Models of OpenAI and Anthropic, through their official SDKs.</summary>
public static class ProviderModels
{
    private static readonly Uri s_openAI = new("https://api.openai.com/v1");
    private static readonly Uri s_anthropic = new("https://api.anthropic.com");

    /// <summary>A model of OpenAI, or of a server that speaks its chat completions protocol.</summary>
    public static IChatClient OpenAI(string model, ProviderOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = options.Endpoint ?? s_openAI;
        var settings = new OpenAIClientOptions
        {
            Endpoint = endpoint,
            Transport = new HttpClientPipelineTransport(ClientOf(options)),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
        var client = new ChatClient(model, new ApiKeyCredential(options.ApiKey), settings);
        return new ProviderClient(new OpenAIModel(client, model, endpoint), takesJsonSchema: true);
    }

    /// <summary>A model of Anthropic.</summary>
    public static IChatClient Anthropic(string model, ProviderOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(options);
        var client = new AnthropicClient
        {
            ApiKey = options.ApiKey,
            BaseUrl = (options.Endpoint ?? s_anthropic).ToString(),
            HttpClient = ClientOf(options),
            MaxRetries = 0,

            // Told to the service in a header, so it cannot be infinite; the agent's ModelTimeout comes first.
            Timeout = TimeSpan.FromHours(1),
        };
        return new ProviderClient(client.AsIChatClient(model, options.MaxOutputTokens), takesJsonSchema: true);
    }

    /// <summary>Has models named <c>gpt-…</c>, <c>o1…</c>, <c>o3…</c> and <c>o4-…</c> made by OpenAI's SDK.</summary>
    public static ModelCatalog AddOpenAI(this ModelCatalog catalog, string apiKey) => catalog.AddOpenAI(new ProviderOptions { ApiKey = apiKey });

    /// <inheritdoc cref="AddOpenAI(ModelCatalog,string)" />
    public static ModelCatalog AddOpenAI(this ModelCatalog catalog, ProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var shared = Shared(options);
        foreach (var prefix in (ReadOnlySpan<string>)["gpt-", "o1", "o3", "o4-"]) catalog.Add(prefix, model => OpenAI(model, shared));
        return catalog;
    }

    /// <summary>Has models named <c>claude-…</c> made by Anthropic's SDK.</summary>
    public static ModelCatalog AddAnthropic(this ModelCatalog catalog, string apiKey) => catalog.AddAnthropic(new ProviderOptions { ApiKey = apiKey });

    /// <inheritdoc cref="AddAnthropic(ModelCatalog,string)" />
    public static ModelCatalog AddAnthropic(this ModelCatalog catalog, ProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var shared = Shared(options);
        return catalog.Add("claude-", model => Anthropic(model, shared));
    }

    // All models of a provider share one pool of connections.
    private static ProviderOptions Shared(ProviderOptions options) => options.Handler is null ? options with { Handler = NewHandler() } : options;

    private static HttpClient ClientOf(ProviderOptions options) =>
        new(new ErrorHandler(options.Handler ?? NewHandler()), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };

    private static SocketsHttpHandler NewHandler() => new() { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
}
