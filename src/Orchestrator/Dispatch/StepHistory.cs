using Google.Protobuf;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>What is journaled of one attempt of a step, for the worker that begins it or goes on with it.</summary>
internal sealed class StepHistory
{
    private readonly Lock _lock = new();
    private readonly List<RunEvent> _events = [];
    private readonly List<(long Number, RunEvent Event)> _untold = [];

    public StepHistory(IEnumerable<RunEvent> journaled)
    {
        foreach (var runEvent in journaled) Add(runEvent);
        _untold.Clear();
    }

    /// <summary>How many of the events are the worker's own, and so the number of the last one.</summary>
    public long Numbered { get; private set; }

    public void Add(RunEvent runEvent)
    {
        lock (_lock)
        {
            _events.Add(runEvent);
            if (runEvent is ApprovalDecided) return;
            Numbered++;
            if (runEvent is not (TurnCompleted or AgentProgressed)) _untold.Add((Numbered, runEvent));
        }
    }

    /// <summary>Audited events whose place in the audit log the worker was not told.</summary>
    public IReadOnlyList<RunEvent> Untold()
    {
        lock (_lock) return [.. _untold.Select(one => one.Event)];
    }

    /// <summary>The places in the audit log that have become known and the worker was not told, by number of the event.</summary>
    public Dictionary<long, long> NewlyAudited()
    {
        lock (_lock)
        {
            var audited = _untold.Where(one => one.Event.AuditSequence > 0).ToDictionary(one => one.Number, one => one.Event.AuditSequence);
            _untold.RemoveAll(one => one.Event.AuditSequence > 0);
            return audited;
        }
    }

    /// <summary>Questions that have no answer yet.</summary>
    public IReadOnlyList<ApprovalRequested> Open()
    {
        lock (_lock)
        {
            if (_events.Count == 0) return [];
            var answered = _events.OfType<ApprovalDecided>().Select(decided => decided.ApprovalId).ToHashSet(StringComparer.Ordinal);
            return [.. _events.OfType<ApprovalRequested>().Where(asked => !answered.Contains(asked.Request.ApprovalId))];
        }
    }

    /// <summary>Answers among the events after the first so many.</summary>
    public IReadOnlyList<ApprovalDecided> AnswersAfter(int count)
    {
        lock (_lock) return _events.Count == count ? [] : [.. _events.Skip(count).OfType<ApprovalDecided>()];
    }

    public IReadOnlyList<ByteString> Write()
    {
        lock (_lock) return [.. _events.Select(runEvent => UnsafeByteOperations.UnsafeWrap(RunEventJson.Write(runEvent)))];
    }
}
