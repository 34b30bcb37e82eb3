using System.Diagnostics;
using System.Text.Json;

namespace Loomflow.Tests.InlineSteps;

/// <summary>A live run whose events are kept in a list; a second one made from the first resumes it.</summary>
internal sealed class RecordedRun : IRunEventWriter, IRunHistory
{
    private readonly Lock _lock = new();
    private readonly List<RunEvent> _events = [];
    private readonly IReadOnlyList<RunEvent> _earlier;

    public RecordedRun(RecordedRun? resumes = null)
    {
        _earlier = resumes?.Events ?? [];
        Context = new RunContext
        {
            Run = new RunIdentity { RunId = "run_1", Name = "test", SessionId = "sess_1", Partition = PartitionKey.Named("ada") },
            Events = this,
            History = this,
        };
    }

    public RunContext Context { get; }

    public IReadOnlyList<RunEvent> Events
    {
        get { lock (_lock) return [.. _events]; }
    }

    /// <summary>What happened, in short: <c>started classify</c>, <c>completed classify</c>, …</summary>
    public IReadOnlyList<string> Story => [.. Events.Select(one => $"{one.GetType().Name.Replace("Step", "", StringComparison.Ordinal).ToLowerInvariant()} {one.Path}")];

    public async Task<T> RunAsync<T>(Func<Task<T>> body, string path = "")
    {
        using (new StepScope(Context, path).Enter()) return await body();
    }

    public async Task RunAsync(Func<Task> body)
    {
        using (new StepScope(Context).Enter()) await body();
    }

    public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            runEvent.TracedBy(Activity.Current).Stamp(Context.Run, _events.Count + 1, Context.Time.GetUtcNow());
            _events.Add(runEvent);
            return new ValueTask<RunEvent>(runEvent);
        }
    }

    public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    // As a journal would: what was an object is JSON now.
    public IReadOnlyList<RunEvent> At(string path) => [.. _earlier.Where(one => one.Path == path).Select(ThroughJson)];

    private static RunEvent ThroughJson(RunEvent one) =>
        JsonSerializer.Deserialize<RunEvent>(JsonSerializer.Serialize(one, PayloadSerializer.Options), PayloadSerializer.Options)!;
}
