using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Redis.Memory;

/// <summary>
/// Has the facts of what is still waiting taken when the host stops: after everything that was hosted has stopped, because until then there is more to
/// remember, and before the connections are closed.
/// </summary>
internal sealed class FactExtractionDrain : IHostedLifecycleService
{
    private readonly ConcurrentBag<FactExtractingMemory> _memories = [];

    public FactExtractingMemory Watch(FactExtractingMemory memory)
    {
        _memories.Add(memory);
        return memory;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(_memories.Select(memory => memory.DrainAsync(cancellationToken)));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
