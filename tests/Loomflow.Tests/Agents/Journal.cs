using System.Diagnostics;
using System.Text.Json;

namespace Loomflow.Tests.AgentLoop;

/// <summary>A run's log that keeps its events as JSON, as a durable one does, and can stop working at any event, as a process does.</summary>
internal sealed class Journal(Journal? resumes = null) : IRunEventWriter, IRunHistory
{
    private readonly Lock _lock = new();
    private readonly List<string> _json = [.. resumes?._json ?? []];
    private readonly List<RunEvent> _events = [];
    private readonly int _earlier = resumes?._json.Count ?? 0;

    /// <summary>Dies instead of appending the first event for which this holds.</summary>
    public Func<RunEvent, bool>? CrashAt { get; init; }

    /// <summary>Events of this attempt.</summary>
    public IReadOnlyList<RunEvent> Events
    {
        get { lock (_lock) return [.. _events]; }
    }

    public bool Crashed { get; private set; }

    public List<string> Deltas { get; } = [];

    public bool WantsDeltas { get; init; }

    public RunContext Context(string user = "ada") => new()
    {
        Run = new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1", Partition = PartitionKey.Of(user) },
        Events = this,
        History = this,
    };

    public async Task<T> RunAsync<T>(Func<Task<T>> body)
    {
        using (new StepScope(Context()).Enter()) return await body();
    }

    public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (Crashed || (CrashAt?.Invoke(runEvent) ?? false))
            {
                Crashed = true;
                throw new IOException("the journal is gone");
            }

            runEvent.TracedBy(Activity.Current).Stamp(new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1" }, _json.Count + 1, DateTimeOffset.UtcNow);
            _json.Add(JsonSerializer.Serialize(runEvent, PayloadSerializer.Options));
            _events.Add(runEvent);
        }

        return new ValueTask<RunEvent>(runEvent);
    }

    public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default)
    {
        lock (_lock) Deltas.Add(delta.Text);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<RunEvent> At(string path) =>
        [.. _json.Take(_earlier).Select(json => JsonSerializer.Deserialize<RunEvent>(json, PayloadSerializer.Options)!).Where(one => one.Path == path)];
}
