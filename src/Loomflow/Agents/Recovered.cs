using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What the events of earlier attempts say about an agent's run.</summary>
internal sealed class Recovered
{
    private readonly Dictionary<(int Turn, string CallId), ToolReturned> _returned = [];
    private readonly Dictionary<string, ApprovalDecision> _decisions = new(StringComparer.Ordinal);
    private readonly HashSet<(int Turn, string CallId)> _edited = [];

    /// <summary>Whether there was an earlier attempt at all.</summary>
    public bool Resumed { get; private init; }

    public Conversation Conversation { get; } = new();

    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>What the journaled turns and tools consumed. A call that is made again counts again.</summary>
    public Usage Usage { get; private set; } = Usage.None;

    /// <summary>The calls of all turns in order, so that places are named as they were the first time.</summary>
    public List<FunctionCallContent> Calls { get; } = [];

    /// <summary>Why the model stopped in the last turn.</summary>
    public ChatFinishReason? FinishReason { get; private set; }

    /// <summary>Steering that had come in after the last turn.</summary>
    public List<string> Steering { get; } = [];

    /// <summary>How the run ended, if it did.</summary>
    public RunCompleted? Completed { get; private set; }

    /// <summary>Decisions that were to be remembered, by the tool that they were about.</summary>
    public Dictionary<string, ApprovalDecision> Remembered { get; } = new(StringComparer.Ordinal);

    public ToolReturned? Result(int turn, string callId) => _returned.GetValueOrDefault((turn, callId));

    public ApprovalDecision? Decision(string approvalId) => _decisions.GetValueOrDefault(approvalId);

    public bool WasEdited(int turn, string callId) => _edited.Contains((turn, callId));

    public static Recovered From(IReadOnlyList<RunEvent>? events)
    {
        if (events is null or []) return new Recovered();
        var recovered = new Recovered { Resumed = true };
        var (turn, open) = (-1, new List<FunctionCallContent>());
        var subjects = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var runEvent in events)
        {
            switch (runEvent)
            {
                case RunStarted started:
                    recovered.StartedAt ??= started.Time;
                    break;
                case TurnCompleted completed:
                    recovered.CloseTurn(turn, open);
                    recovered.Steering.Clear();
                    turn = completed.Turn;
                    var messages = completed.Messages.As<TurnMessages>()!.Messages;
                    recovered.Conversation.Replay(messages);
                    recovered.Usage += completed.Usage;
                    open = Answers.CallsOf(messages.TakeLast(1));
                    recovered.FinishReason = completed.FinishReason is { } reason ? new ChatFinishReason(reason) : null;
                    recovered.Calls.AddRange(open);
                    break;
                case ToolCalled:
                    recovered.Usage += new Usage(ToolCalls: 1);
                    break;
                case ToolReturned returned:
                    recovered._returned[(returned.Turn, returned.CallId)] = returned;
                    recovered.Usage += returned.Usage;
                    break;
                case ToolCallEdited edited:
                    recovered._edited.Add((turn, edited.CallId));
                    break;
                case ApprovalRequested requested:
                    subjects[requested.Request.ApprovalId] = ToolGate.ToolOf(requested.Request);
                    break;
                case ApprovalDecided decided:
                    recovered._decisions[decided.ApprovalId] = decided.Decision;
                    if (decided.Decision.Remember && subjects.TryGetValue(decided.ApprovalId, out var tool)) recovered.Remembered[tool] = decided.Decision with { Data = Payload.Null };
                    break;
                case AgentProgressed { Activity: Activities.Compacted } compacted:
                    recovered.CloseTurn(turn, open);
                    open = [];
                    var record = compacted.Detail.As<CompactionRecord>()!;
                    recovered.Conversation.Compact(record.Messages, record.Summary);
                    break;
                case AgentProgressed { Activity: Activities.Steered } steered:
                    recovered.Steering.Add(steered.Detail.ToString());
                    break;
                case RunFailed:
                    recovered.CloseTurn(turn, open);
                    recovered.Conversation.DropTrailingAnswers();
                    break;
                case RunCompleted completed:
                    recovered.Completed = completed;
                    break;
            }
        }

        recovered.CloseTurn(turn, open);
        return recovered;
    }

    // Only a turn all of whose calls returned goes into the conversation; the loop makes the missing calls of the last one.
    private void CloseTurn(int turn, List<FunctionCallContent> open)
    {
        if (open.Count == 0 || !open.TrueForAll(call => _returned.ContainsKey((turn, call.CallId)))) return;
        Conversation.AddResults(open.Select(call => new FunctionResultContent(call.CallId, _returned[(turn, call.CallId)].Result.ToString())));
        open.Clear();
    }
}
