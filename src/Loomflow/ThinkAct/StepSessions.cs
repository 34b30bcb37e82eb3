using System.Collections.Concurrent;

namespace Loomflow.ThinkAct;

/// <summary>What an agent keeps between runs, apart for each user and session, for the sessions that were used last.</summary>
internal sealed class StepSessions(int maxHistory)
{
    private const int MaxSessions = 1_000;
    private readonly Lock _lock = new();
    private readonly LinkedList<Session> _recent = new();
    private readonly Dictionary<(PartitionKey User, string Session), LinkedListNode<Session>> _sessions = [];

    public Session Open(PartitionKey user, string session)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue((user, session), out var known)) _recent.Remove(known);
            else _sessions[(user, session)] = known = new LinkedListNode<Session>(new Session((user, session), maxHistory));
            _recent.AddFirst(known);
            if (_sessions.Count > MaxSessions)
            {
                _sessions.Remove(_recent.Last!.Value.Key);
                _recent.RemoveLast();
            }

            return known.Value;
        }
    }

    internal sealed class Session((PartitionKey User, string Session) key, int maxHistory)
    {
        private readonly Lock _lock = new();
        private readonly Queue<Interaction> _history = new();

        public (PartitionKey User, string Session) Key { get; } = key;

        public ConcurrentDictionary<string, object?> Memory { get; } = new(StringComparer.Ordinal);

        public IReadOnlyList<Interaction> History
        {
            get { lock (_lock) return [.. _history]; }
        }

        public void Add(Interaction interaction)
        {
            lock (_lock)
            {
                _history.Enqueue(interaction);
                while (_history.Count > maxHistory) _history.Dequeue();
            }
        }
    }
}
