using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Run;

/// <summary>The life of one resource: wait, start, watch its health, end.</summary>
internal sealed class ResourceRunner(IResource resource, IServiceProvider services, IReadOnlyList<Replica> replicas) : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(15);

    private readonly ResourceNotificationService _notifications = services.GetRequiredService<ResourceNotificationService>();
    private readonly ResourceLoggerService _logs = services.GetRequiredService<ResourceLoggerService>();
    private readonly IDistributedApplicationEventing _eventing = services.GetRequiredService<IDistributedApplicationEventing>();
    private readonly CancellationTokenSource _ended = new();
    private ImmutableList<(Replica Replica, ResourceProcess Process)> _processes = [];
    private volatile bool _isStopping;
    private int _healthy;

    public IResource Resource => resource;

    /// <summary>When its first process was started; null if it has none.</summary>
    public DateTime? StartedAt { get; private set; }

    private bool HasProcess => resource is ProjectResource or ExecutableResource or ContainerResource;

    /// <summary>Makes the resource known, with its URLs, before anything runs.</summary>
    public async Task AnnounceAsync()
    {
        if (!HasProcess && resource is not ParameterResource) return;

        var urls = resource.Annotations.OfType<EndpointAnnotation>()
            .Select(endpoint => new UrlSnapshot(endpoint.Name, endpoint.AllocatedEndpoint!.UriString, IsInternal: false)).ToImmutableArray();
        foreach (var replica in replicas)
        {
            await PublishAsync(replica, snapshot => snapshot with { State = KnownResourceStates.NotStarted, Urls = urls });
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (resource is ParameterResource parameter) await ResolveParameterAsync(parameter, cancellationToken);
        if (!HasProcess || resource.Annotations.OfType<ExplicitStartupAnnotation>().Any()) return;

        try
        {
            await WaitForDependenciesAsync(cancellationToken);
            if (resource is IResourceWithConnectionString) await _eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, services), cancellationToken);
            await _eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken);
            foreach (var replica in replicas) await StartAsync(replica, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            await FailAsync(error);
            return;
        }

        await Task.WhenAll(_processes.Select(started => WatchAsync(started.Replica, started.Process)));
    }

    public async Task StopAsync()
    {
        _isStopping = true;
        await _ended.CancelAsync();
        foreach (var (replica, process) in _processes.Where(started => !started.Process.Exited.IsCompleted))
        {
            await PublishAsync(replica, snapshot => snapshot with { State = KnownResourceStates.Stopping });
        }

        await Task.WhenAll(_processes.Select(started => started.Process.StopAsync(s_grace)));
    }

    public void Dispose()
    {
        foreach (var (_, process) in _processes) process.Dispose();
        foreach (var port in replicas.SelectMany(replica => replica.Ports.Values)) port.Dispose();
        _ended.Dispose();
    }

    private async Task ResolveParameterAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        try
        {
            await parameter.GetValueAsync(cancellationToken);
            await PublishAsync(replicas[0], snapshot => snapshot with { State = KnownResourceStates.Running });
        }
        catch (MissingParameterValueException error)
        {
            Write(replicas[0], $"{error.Message} Set it with: dotnet user-secrets --project <AppHost> set Parameters:{parameter.Name} <value>", isError: true);
            await PublishAsync(replicas[0], snapshot => snapshot with { State = KnownResourceStates.ValueMissing });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            Write(replicas[0], $"The user secrets cannot be used: {error.Message} Set {parameter.Name} as Parameters__{parameter.Name.Replace('-', '_')} in the environment instead.", isError: true);
            await PublishAsync(replicas[0], snapshot => snapshot with { State = KnownResourceStates.FailedToStart });
        }
    }

    private async Task WaitForDependenciesAsync(CancellationToken cancellationToken)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>().ToArray();
        if (waits.Length == 0) return;

        foreach (var replica in replicas) await PublishAsync(replica, snapshot => snapshot with { State = KnownResourceStates.Waiting });
        await Task.WhenAll(waits.Select(wait => WaitForAsync(wait, cancellationToken)));
    }

    private async Task WaitForAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var (name, instances) = (wait.Resource.Name, wait.Resource.GetReplicaCount());
        await _notifications.WaitForAllInstancesAsync(wait.Resource, instances, IsMet, cancellationToken);

        bool IsMet(ResourceEvent change) => wait.WaitType switch
        {
            WaitType.WaitForCompletion => ResourceNotificationService.HasEnded(change)
                && (change.Snapshot.ExitCode == wait.ExitCode
                    ? true
                    : throw new DistributedApplicationException($"Resource '{name}' exited with code {change.Snapshot.ExitCode} instead of {wait.ExitCode}.")),
            _ when ResourceNotificationService.HasEnded(change) =>
                throw new DistributedApplicationException($"Dependency resource '{name}' failed to start: {change.Snapshot.State!.Text}."),
            WaitType.WaitUntilStarted => change.Snapshot.State?.Text == KnownResourceStates.Running,
            _ => change.Snapshot.HealthStatus is Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy,
        };
    }

    private async Task StartAsync(Replica replica, CancellationToken cancellationToken)
    {
        await PublishAsync(replica, snapshot => snapshot with { State = KnownResourceStates.Starting });
        var environment = await EnvironmentAsync(replica, cancellationToken);
        var arguments = (await resource.GetArgumentValuesAsync(services.GetRequiredService<DistributedApplicationExecutionContext>(), cancellationToken))
            .Select(argument => ReplicaPlaceholders.Fill(argument, replica)).ToList();
        var spec = resource switch
        {
            ProjectResource => await BuiltProject.CreateSpecAsync(resource.GetProjectMetadata(), arguments, cancellationToken),
            ExecutableResource executable => new ProcessSpec(executable.Command, arguments, executable.WorkingDirectory),
            _ => await LocalProgramAsync(replica, arguments, environment, cancellationToken),
        };

        // Only now, so that nothing else takes the ports meanwhile.
        foreach (var port in replica.Ports.Values) port.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        var process = ResourceProcess.Start(
            spec with { Environment = environment }, services.GetRequiredService<Watchdog>(), (line, isError) => Write(replica, line, isError));
        StartedAt ??= DateTime.UtcNow;
        _processes = _processes.Add((replica, process));
        if (cancellationToken.IsCancellationRequested)
        {
            // The application began to stop meanwhile, and may have passed this resource already.
            await process.StopAsync(s_grace);
            return;
        }

        if (resource.Annotations.OfType<ContainerMountAnnotation>().Any()) await Volumes.RecordOwnerAsync(spec.WorkingDirectory, process.Id, cancellationToken);

        var checks = resource.Annotations.OfType<HealthCheckAnnotation>()
            .Select(check => new HealthReportSnapshot(check.Key, null, null, null)).ToImmutableArray();
        await PublishAsync(replica, snapshot => snapshot with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = StartedAt,
            HealthReports = checks,
            Properties = [new ResourcePropertySnapshot("executable.pid", process.Id)],
            EnvironmentVariables = [.. environment.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, IsFromSpec: true))],
        });
    }

    private async Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(Replica replica, CancellationToken cancellationToken)
    {
        if (resource is not IResourceWithEnvironment withEnvironment) return new Dictionary<string, string>();

        var values = await withEnvironment.GetEnvironmentVariableValuesAsync().AsTask().WaitAsync(cancellationToken);
        return values.ToDictionary(variable => variable.Key, variable => ReplicaPlaceholders.Fill(variable.Value, replica));
    }

    private async Task<ProcessSpec> LocalProgramAsync(
        Replica replica, List<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (!resource.TryGetLastAnnotation<LocalProgramAnnotation>(out var program))
        {
            throw new DistributedApplicationException(
                $"'{resource.Name}' is a container, and the stand-in for Aspire runs no containers: use the genuine packages, where a container runtime is present.");
        }

        var volumes = services.GetRequiredService<Volumes>();
        var mounts = new Dictionary<string, string>();
        foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            mounts[mount.Target] = mount.Type is ContainerMountType.BindMount ? mount.Source! : volumes.Open(mount.Source ?? $"{resource.Name}-anonymous");
            await Volumes.AwaitPreviousOwnerAsync(mounts[mount.Target], cancellationToken);
        }

        var expanded = arguments.Select(argument => environment.Aggregate(
            argument, (text, variable) => text.Replace($"${variable.Key}", variable.Value, StringComparison.Ordinal))).ToList();
        return program.Create(new LocalProgramContext(replica, expanded, mounts.GetValueOrDefault));
    }

    private async Task WatchAsync(Replica replica, ResourceProcess process)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        var health = new HealthMonitor(resource, replica, services, PublishHealthAsync, AnnounceReadyAsync, ended.Token).RunAsync();
        var exitCode = await process.Exited;
        await ended.CancelAsync();
        await health;

        var state = resource is ContainerResource ? KnownResourceStates.Exited : KnownResourceStates.Finished;
        await PublishAsync(replica, snapshot => snapshot with { State = state, ExitCode = exitCode, StopTimeStamp = DateTime.UtcNow });
        if (_notifications.TryGetCurrentState(replica.Id, out var last))
        {
            await _eventing.PublishAsync(new ResourceStoppedEvent(resource, services, last));
        }

        Task PublishHealthAsync(ImmutableArray<HealthReportSnapshot> reports) => process.Exited.IsCompleted || _isStopping
            ? Task.CompletedTask
            : PublishAsync(replica, snapshot => snapshot with { HealthReports = reports });
    }

    private Task AnnounceReadyAsync() => Interlocked.Increment(ref _healthy) == replicas.Count
        ? _eventing.PublishAsync(new ResourceReadyEvent(resource, services), _ended.Token)
        : Task.CompletedTask;

    private async Task FailAsync(Exception error)
    {
        foreach (var replica in replicas)
        {
            Write(replica, error is DistributedApplicationException ? error.Message : error.ToString(), isError: true);
            await PublishAsync(replica, snapshot => snapshot with { State = KnownResourceStates.FailedToStart });
        }

        // Some of the replicas may run already: without the others they are no resource.
        await Task.WhenAll(_processes.Select(started => started.Process.StopAsync(s_grace)));
    }

    private void Write(Replica replica, string line, bool isError) => _logs.Write(resource.Name, replica.Id, line, isError);

    private Task PublishAsync(Replica replica, Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        _notifications.PublishUpdateAsync(resource, replica.Id, change);
}
