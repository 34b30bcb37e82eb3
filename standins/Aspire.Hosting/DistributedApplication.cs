using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>The application: its resources, started, watched and stopped.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private bool _announced;
    private bool _disposed;

    public DistributedApplication(IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);

        _host = host;
    }

    public IServiceProvider Services => _host.Services;

    /// <summary>Whether a test starts and stops it, so that <see cref="RunAsync"/> only waits for the end.</summary>
    internal bool IsRunByATest { get; init; }

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        return new DistributedApplicationBuilder(options);
    }

    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await AnnounceAsync(cancellationToken);
        await _host.StartAsync(cancellationToken);
    }

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunByATest)
        {
            await Task.Delay(Timeout.Infinite, Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
        {
            Environment.ExitCode = await Publisher.RunAsync(Services, cancellationToken);
            return;
        }

        await AnnounceAsync(cancellationToken);
        await _host.RunAsync(cancellationToken);
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_disposed) return;

        _disposed = true;
        if (_announced) await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (_announced) return;
        _announced = true;
        var model = Services.GetRequiredService<DistributedApplicationModel>();
        await Services.GetRequiredService<IDistributedApplicationEventing>().PublishAsync(new BeforeStartEvent(Services, model), cancellationToken);
    }
}
