using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>Holds up the tool <c>hold</c> and the step <c>parcel</c> of the workload until the test lets it go on, so that the test knows where a run stands.</summary>
public sealed class Gate : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _arrived = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _passes = new();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Gate(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public static async Task<Gate> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var gate = new Gate(builder.Build());
        gate._app.MapGet("/{runId}", async (string runId, CancellationToken left) =>
        {
            gate.ArrivalOf(runId).TrySetResult();
            await Task.WhenAny(gate._open.Task, gate.PassOf(runId).Task).WaitAsync(left);
            return "go on";
        });
        await gate._app.StartAsync(cancellationToken);
        return gate;
    }

    /// <summary>Waits until a run of a system has come to the gate.</summary>
    public Task ArrivedAsync(Topology system, string runId, CancellationToken cancellationToken) =>
        system.UntilAsync(() => Task.FromResult(ArrivalOf(runId).Task.IsCompleted), () => $"run {runId} has come to the gate", cancellationToken);

    /// <summary>Lets one run go on.</summary>
    public void LetPass(string runId) => PassOf(runId).TrySetResult();

    public void Open() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Open();
        await _app.DisposeAsync();
    }

    private TaskCompletionSource ArrivalOf(string runId) => Of(_arrived, runId);

    private TaskCompletionSource PassOf(string runId) => Of(_passes, runId);

    private static TaskCompletionSource Of(ConcurrentDictionary<string, TaskCompletionSource> points, string runId) =>
        points.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
