using System.ClientModel;
using System.Runtime.CompilerServices;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Loomflow.Providers;

/// <summary>Tells what the model can do, and puts the SDKs' exceptions into the framework's terms.</summary>
internal sealed class ProviderClient(IChatClient inner, bool takesJsonSchema) : DelegatingChatClient(inner)
{
    private readonly ModelCapabilities _capabilities = new() { JsonSchema = takesJsonSchema };

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (Translate(failure) is { } known)
        {
            throw known;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (Exception failure) when (Translate(failure) is { } known)
            {
                throw known;
            }

            yield return updates.Current;
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ModelCapabilities) && serviceKey is null ? _capabilities : base.GetService(serviceType, serviceKey);

    private static ModelException? Translate(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is ModelException known) return known;
        }

        return failure switch
        {
            AnthropicApiException api => new ModelException(ModelException.KindOf((int)api.StatusCode), api.Message, api) { Status = (int)api.StatusCode },
            AnthropicSseException sse => new ModelException(ErrorHandler.KindOf(500, sse.Type?.Raw()), sse.Message, sse),
            AnthropicIOException or IOException => new ModelException(ModelErrorKind.Transient, failure.Message, failure),
            ClientResultException result => new ModelException(result.Status == 0 ? ModelErrorKind.Transient : ModelException.KindOf(result.Status), result.Message, result) { Status = result.Status },
            _ => null,
        };
    }
}
