using Google.Protobuf;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>What is journaled of one attempt of a step, for the worker that begins it or goes on with it.</summary>
internal sealed class StepHistory
{
    private readonly Lock _lock = new();
    private readonly List<RunEvent> _events = [];

    public StepHistory(IEnumerable<RunEvent> journaled)
    {
        foreach (var runEvent in journaled) Add(runEvent);
    }

    /// <summary>How many of the events are the worker's own, and so the number of the last one.</summary>
    public long Numbered { get; private set; }

    public void Add(RunEvent runEvent)
    {
        lock (_lock)
        {
            _events.Add(runEvent);
            if (runEvent is not ApprovalDecided) Numbered++;
        }
    }

    /// <summary>Questions that have no answer yet.</summary>
    public IReadOnlyList<ApprovalRequested> Open()
    {
        lock (_lock)
        {
            var answered = _events.OfType<ApprovalDecided>().Select(decided => decided.ApprovalId).ToHashSet(StringComparer.Ordinal);
            return [.. _events.OfType<ApprovalRequested>().Where(asked => !answered.Contains(asked.Request.ApprovalId))];
        }
    }

    public IReadOnlyList<ByteString> Write()
    {
        lock (_lock) return [.. _events.Select(runEvent => UnsafeByteOperations.UnsafeWrap(RunEventJson.Write(runEvent)))];
    }
}
