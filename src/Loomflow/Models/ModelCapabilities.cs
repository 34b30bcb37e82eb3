using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What a model's client can do beyond the common ground. A client tells it through <see cref="IChatClient.GetService"/>.</summary>
public sealed record ModelCapabilities
{
    /// <summary>Whether it takes a JSON schema for its answer. Otherwise the schema is put into the instructions; never both.</summary>
    public bool JsonSchema { get; init; }

    internal static bool TakesJsonSchema(IChatClient client) =>
        client.GetService<ModelCapabilities>()?.JsonSchema
        ?? client.GetService<ChatClientMetadata>()?.ProviderName is "openai" or "azure.ai.openai";
}
