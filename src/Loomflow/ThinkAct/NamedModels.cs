using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>An agent's own client, and others that steps can name. One client, so that limits and budgets hold for all of them together.</summary>
internal sealed class NamedModels(IChatClient own, IReadOnlyDictionary<string, IChatClient> named) : DelegatingChatClient(own)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (client, forClient) = Pick(options);
        return client.GetResponseAsync(messages, forClient, cancellationToken);
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (client, forClient) = Pick(options);
        return client.GetStreamingResponseAsync(messages, forClient, cancellationToken);
    }

    private (IChatClient Client, ChatOptions? Options) Pick(ChatOptions? options)
    {
        if (options?.ModelId is not { } name || !named.TryGetValue(name, out var client)) return (InnerClient, options);
        var own = options.Clone();
        own.ModelId = null;
        return (client, own);
    }
}
