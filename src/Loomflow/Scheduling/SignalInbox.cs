using System.Diagnostics.CodeAnalysis;

namespace Loomflow;

/// <summary>The signals of a run: those that came and were not taken yet, each once, and the visits that wait for some.</summary>
internal sealed class SignalInbox
{
    private readonly Dictionary<string, Queue<SignalReceived>> _signals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly List<NodeVisit> _waiters = [];

    /// <summary>Whether one with its id came before.</summary>
    public bool Knows(SignalReceived signal) => signal.SignalId is { } id && _ids.Contains(id);

    /// <summary>Keeps a signal, unless it came before.</summary>
    /// <returns>The visits to look at again.</returns>
    public NodeVisit[] Receive(SignalReceived signal)
    {
        if (signal.SignalId is { } id && !_ids.Add(id)) return [];
        if (!_signals.TryGetValue(signal.Name, out var waiting)) _signals[signal.Name] = waiting = new Queue<SignalReceived>();
        waiting.Enqueue(signal);
        NodeVisit[] waiters = [.. _waiters];
        _waiters.Clear();
        return waiters;
    }

    public bool TryPeek(string name, [NotNullWhen(true)] out SignalReceived? signal)
    {
        signal = null;
        return _signals.TryGetValue(name, out var waiting) && waiting.TryPeek(out signal);
    }

    public void Take(string name) => _signals[name].Dequeue();

    /// <summary>Has a visit looked at again when a signal comes.</summary>
    public void Await(NodeVisit visit) => _waiters.Add(visit);

    public void ForgetWaiters() => _waiters.Clear();
}
