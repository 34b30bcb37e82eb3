using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What an agent takes from memory before its first turn, and leaves there after its last.</summary>
internal sealed class AgentMemory(IMemory memory, AgentOptions options, string agent, StepScope scope)
{
    /// <summary>How long a finished answer waits for a memory that is away.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly RunContext _context = scope.Context;

    /// <summary>Puts what memory holds for the prompt into the conversation. Without its memory an agent still works, so a store that is away is only reported.</summary>
    public async ValueTask RecallAsync(string prompt, Conversation conversation, CancellationToken cancellationToken)
    {
        try
        {
            var partition = _context.Run.Partition;
            var recollection = await Recollection.GatherAsync(memory, partition, _context.SessionId, prompt, options.Recall, cancellationToken).ConfigureAwait(false);
            var injection = MemoryPrompt.Assemble(recollection, options.Recall, _context.Time.GetUtcNow());
            if (injection.Instructions is { } text) conversation.Add(Marks.Put(Marks.Memory, new ChatMessage(ChatRole.System, text)));
            foreach (var message in injection.Messages) conversation.Add(Marks.Put(Marks.Memory, message));
        }
        catch (MemoryUnavailableException failure)
        {
            await UnavailableAsync(failure).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps the exchange. The id is the place's, so that an attempt that is repeated leaves one episode.</summary>
    public async ValueTask RememberAsync(string prompt, AgentResult result, CancellationToken cancellationToken)
    {
        var episode = new Episode
        {
            Id = $"ep_{scope.IdempotencyKey}",
            SessionId = _context.SessionId,
            OccurredAt = result.StartedAt,
            Input = prompt,
            Output = result.Output,
            Agent = agent,
            RunId = _context.RunId,
            ToolCalls = options.RememberToolCalls ? ToolCalls(result.Messages) : [],
        };

        // The work is done: a store that is away for a while delays the answer and does not turn it into a failure.
        var giveUp = _context.Time.GetUtcNow() + s_patience;
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * 2, 2)))
        {
            try
            {
                await memory.RememberAsync(_context.Run.Partition, episode, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MemoryUnavailableException) when (_context.Time.GetUtcNow() + pause < giveUp)
            {
                await Task.Delay(pause, _context.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (MemoryUnavailableException failure)
            {
                await UnavailableAsync(failure).ConfigureAwait(false);
                return;
            }
        }
    }

    private async ValueTask UnavailableAsync(MemoryUnavailableException failure) =>
        await scope.AppendAsync(new AgentProgressed { Activity = Activities.MemoryUnavailable, Detail = Payload.Of(failure.Message) }).ConfigureAwait(false);

    private static List<EpisodeToolCall> ToolCalls(IReadOnlyList<ChatMessage> messages)
    {
        var own = messages.Where(message => Marks.Of(message) != Marks.Memory).SelectMany(message => message.Contents).ToList();
        var results = own.OfType<FunctionResultContent>().GroupBy(result => result.CallId).ToDictionary(group => group.Key, group => new Queue<FunctionResultContent>(group));
        return [.. own.OfType<FunctionCallContent>().Select(call => new EpisodeToolCall(
            call.CallId,
            call.Name,
            Payload.Of(call.Arguments ?? new Dictionary<string, object?>()).ToString(),
            results.TryGetValue(call.CallId, out var queue) && queue.TryDequeue(out var result) ? result.Result?.ToString() ?? "" : ""))];
    }
}
