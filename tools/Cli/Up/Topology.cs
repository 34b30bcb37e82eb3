using System.Text;

namespace Loomflow.Aspire.Cli.Up;

/// <summary>Follows the report that AppHost writes about its resources, and shows each change.</summary>
internal sealed class Topology(string reportPath)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, ResourceState> _states = [];
    private readonly HashSet<string> _shown = [];
    private readonly TaskCompletionSource<ResourceState?> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when every resource is ready, with nothing; or when one has failed, with that one.</summary>
    public Task<ResourceState?> Settled => _settled.Task;

    /// <summary>Those that keep the others waiting.</summary>
    public IReadOnlyList<ResourceState> NotReady
    {
        get
        {
            lock (_states) return [.. _states.Values.Where(state => !state.IsReady)];
        }
    }

    /// <exception cref="CommandFailedException">The resource is unknown, or has no such endpoint.</exception>
    public Uri Url(string resource, string endpoint)
    {
        lock (_states)
        {
            var url = _states.Values.FirstOrDefault(state => state.Resource == resource && state.Urls.ContainsKey(endpoint))?.Urls[endpoint];
            return url is null ? throw new CommandFailedException($"AppHost reported no '{endpoint}' endpoint of '{resource}'.") : new Uri(url);
        }
    }

    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(reportPath, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        var pending = new StringBuilder();
        using var timer = new PeriodicTimer(s_interval);
        do
        {
            pending.Append(await reader.ReadToEndAsync(cancellationToken));
            var text = pending.ToString();
            var complete = text.LastIndexOf('\n') + 1;
            pending.Remove(0, complete);
            foreach (var line in text[..complete].Split('\n', StringSplitOptions.RemoveEmptyEntries)) Apply(ResourceState.Parse(line));
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private void Apply(ResourceState state)
    {
        bool areAllReady;
        lock (_states)
        {
            _states[state.Instance] = state;
            areAllReady = _states.Values.All(known => known.IsReady) && _states.Values.Any(known => known.Resource == Sample.Orchestrator);
        }

        Show(state);
        if (state.HasFailed) _settled.TrySetResult(state);
        else if (areAllReady) _settled.TrySetResult(null);
    }

    // Parameters are resources too, and of no interest while they have a value.
    private void Show(ResourceState state)
    {
        if ((state.Urls.Count == 0 && !state.HasFailed) || !_shown.Add($"{state.Instance} {state}")) return;

        Terminal.Detail($"{state.Instance,-16} {state}");
        if (Settled.IsCompleted && state.Log is { } log) Terminal.Detail(string.Join('\n', log.Select(line => $"  | {line}")));
    }
}
