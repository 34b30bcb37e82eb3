using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Run;

/// <summary>Allocates every port, starts every resource when its dependencies allow it, and stops all in the reverse order.</summary>
internal sealed partial class ApplicationRunner(
    IServiceProvider services, DistributedApplicationModel model, IDistributedApplicationEventing eventing, ILogger<ApplicationRunner> logger) : IHostedService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<ResourceRunner> _runners = [];
    private readonly List<Task> _running = [];
    private readonly List<IAsyncDisposable> _proxies = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        CheckForCycles();
        foreach (var resource in model.Resources) _runners.Add(new ResourceRunner(resource, services, AllocateReplicas(resource)));

        foreach (var resource in model.Resources.OfType<IResourceWithEndpoints>())
        {
            await eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken);
        }

        foreach (var runner in _runners) await runner.AnnounceAsync();
        foreach (var runner in _runners) _running.Add(RunAsync(runner));
        await eventing.PublishAsync(new AfterResourcesCreatedEvent(services, model), cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested) return;

        await _stopping.CancelAsync();
        var started = _runners.Where(runner => runner.StartedAt is not null).OrderByDescending(runner => runner.StartedAt);
        foreach (var runner in started) await runner.StopAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies) await proxy.DisposeAsync();
        foreach (var runner in _runners) runner.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(ResourceRunner runner)
    {
        try
        {
            await runner.RunAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application ends.
        }
        catch (Exception error)
        {
            Log.RunnerFailed(logger, runner.Resource.Name, error);
            throw;
        }
    }

    /// <summary>Each replica gets its own ports. Others see one port for each endpoint: the replica's own if there is but one, else a proxy's.</summary>
    private List<Replica> AllocateReplicas(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToArray();
        var count = resource.GetReplicaCount();
        var replicas = Enumerable.Range(1, count).Select(number =>
        {
            var suffix = Guid.NewGuid().ToString("N")[..8];
            return new Replica(count == 1 ? resource.Name : $"{resource.Name}-{number}", suffix, endpoints.ToDictionary(endpoint => endpoint.Name, ListenOn));
        }).ToList();

        foreach (var endpoint in endpoints)
        {
            var targets = replicas.Select(replica => replica.Ports[endpoint.Name].Number).ToArray();
            var asked = EndpointAnnotation.NormalizePort(endpoint.Port);
            var port = targets[0];
            if (targets.Length > 1 || (asked is not null && asked != port))
            {
                var proxy = new ReplicaProxy(asked, targets);
                _proxies.Add(proxy);
                port = proxy.Port;
            }

            var address = endpoint.TargetHost is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : endpoint.TargetHost;
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, port, ReplicaPlaceholders.TargetPort(endpoint.Name));
        }

        return replicas;

        // The port inside a container says nothing about this machine.
        ReservedPort ListenOn(EndpointAnnotation endpoint)
        {
            var target = resource is ContainerResource ? null : EndpointAnnotation.NormalizePort(endpoint.TargetPort);
            var wanted = target ?? (count == 1 ? EndpointAnnotation.NormalizePort(endpoint.Port) : null);
            return wanted is { } port ? ReservedPort.Fixed(port) : ReservedPort.Allocate();
        }
    }

    private void CheckForCycles()
    {
        foreach (var resource in model.Resources) Visit(resource, []);

        static void Visit(IResource resource, IReadOnlyList<IResource> path)
        {
            if (path.Contains(resource))
            {
                var cycle = path.SkipWhile(other => other != resource).Append(resource).Select(other => other.Name);
                throw new DistributedApplicationException($"These resources wait for one another and would never start: {string.Join(" -> ", cycle)}.");
            }

            foreach (var wait in resource.Annotations.OfType<WaitAnnotation>()) Visit(wait.Resource, [.. path, resource]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Resource {Resource} could not be run")]
        public static partial void RunnerFailed(ILogger logger, string resource, Exception error);
    }
}
