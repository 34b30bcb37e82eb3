using Google.Protobuf;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>The events of an execution, numbered, until they are known to be journaled. Not safe for concurrent use by itself.</summary>
internal sealed class Outbox(long journaled)
{
    private static readonly RunIdentity s_unstamped = new() { RunId = "", Name = "", SessionId = "" };

    private readonly List<NumberedEvent> _events = [];
    private readonly SortedDictionary<long, TaskCompletionSource> _waiting = [];
    private readonly long _first = journaled + 1;

    /// <summary>The number of the last event.</summary>
    public long Last { get; private set; } = journaled;

    /// <summary>The number of the last event that is known to be journaled.</summary>
    public long Acknowledged { get; private set; } = journaled;

    public NumberedEvent Add(ReadOnlyMemory<byte> runEvent)
    {
        var numbered = new NumberedEvent { Number = ++Last, Event = UnsafeByteOperations.UnsafeWrap(runEvent) };
        _events.Add(numbered);
        return numbered;
    }

    /// <summary>Notes that events up to a number are journaled. Gives what waited for that, to be completed outside of locks.</summary>
    public List<TaskCompletionSource> Acknowledge(long number)
    {
        if (number > Acknowledged) Acknowledged = Math.Min(number, Last);
        var done = new List<TaskCompletionSource>();
        while (_waiting.Count > 0 && _waiting.First() is var (waitsFor, waiter) && waitsFor <= Acknowledged)
        {
            done.Add(waiter);
            _waiting.Remove(waitsFor);
        }

        return done;
    }

    /// <summary>Ends when events up to a number are journaled.</summary>
    public Task AcknowledgementOf(long number)
    {
        if (number <= Acknowledged) return Task.CompletedTask;
        if (!_waiting.TryGetValue(number, out var waiter)) _waiting[number] = waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return waiter.Task;
    }

    public IEnumerable<NumberedEvent> After(long number) => _events.Skip((int)(number + 1 - _first));

    /// <summary>Whether this execution can go on from a journal that holds these of its events, read from the wire for this alone.</summary>
    public bool Agrees(IReadOnlyList<RunEvent> journaled)
    {
        if (journaled.Count < Acknowledged || journaled.Count > Last) return false;
        for (var number = _first; number <= journaled.Count; number++)
        {
            // The journal adds its own number and time; all else is as it was sent.
            var written = RunEventJson.Write(journaled[(int)number - 1].Stamp(s_unstamped, 0, default));
            if (!_events[(int)(number - _first)].Event.Span.SequenceEqual(written)) return false;
        }

        return true;
    }
}
