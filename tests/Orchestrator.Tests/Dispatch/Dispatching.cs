using Loomflow.Aspire.Orchestrator.Dispatch;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Redis.Workers;
using Loomflow.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>The dispatching side of one orchestrator.</summary>
internal sealed class Dispatching : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _connection;
    private readonly WorkerPool _pool;

    private Dispatching(ConnectionMultiplexer connection, WorkerPool pool, WorkerDirectory directory, IStepDispatcher dispatcher) =>
        (_connection, _pool, Directory, Dispatcher) = (connection, pool, directory, dispatcher);

    public WorkerDirectory Directory { get; }

    public IStepDispatcher Dispatcher { get; }

    public static async Task<Dispatching> StartAsync(string redis, Action<DispatchOptions>? configure = null, TimeProvider? time = null)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        var dispatch = new DispatchOptions { WaitInterval = TimeSpan.FromMilliseconds(50), WorkerLease = TimeSpan.FromSeconds(5), AttachGrace = TimeSpan.FromSeconds(1) };
        configure?.Invoke(dispatch);
        time ??= TimeProvider.System;
        var directory = new WorkerDirectory(
            connection, TimeProvider.System, Options.Create(new WorkerDirectoryOptions { TimeToLive = TimeSpan.FromMinutes(1), Refresh = TimeSpan.FromMilliseconds(50) }));
        var pool = new WorkerPool(directory, new WorkerChannels(Options.Create(dispatch)), Options.Create(dispatch), Options.Create(new RunningOptions()), time, NullLogger<WorkerPool>.Instance);
        await pool.StartAsync(CancellationToken.None);
        return new Dispatching(connection, pool, directory, new WorkerDispatcher(pool, Options.Create(dispatch), time, NullLogger<WorkerDispatcher>.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.StopAsync(CancellationToken.None);
        _pool.Dispose();
        await _connection.DisposeAsync();
    }
}
