using System.Threading.Channels;
using Grpc.Core;
using Loomflow.Redis.Workers;
using Loomflow.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>A worker that says what a test has it say, on a real port and in the directory.</summary>
internal sealed class ScriptedWorker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Channel<ScriptedStream> _streams = Channel.CreateUnbounded<ScriptedStream>();

    private ScriptedWorker(WebApplication app) => _app = app;

    public static async Task<ScriptedWorker> StartAsync(WorkerDirectory directory, string step, Welcome? welcome = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.WebHost.UseUrls();
        builder.Services.AddGrpc();
        ScriptedWorker? worker = null;
        builder.Services.AddSingleton(_ => new Service(async stream =>
        {
            await worker!._streams.Writer.WriteAsync(stream);
            await stream.SayAsync(new Report { Welcome = welcome ?? new Welcome { MaxMessageBytes = 1024 * 1024 } });
        }));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        worker = new ScriptedWorker(app);
        await app.StartAsync();
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        var replica = new WorkerReplica { Id = Guid.NewGuid().ToString("n"), Address = new Uri($"http://127.0.0.1:{port}"), Capacity = 1_000, Hosts = [step] };
        await directory.AnnounceAsync(replica);
        _ = worker.AnnounceAsync(directory, replica);
        return worker;
    }

    /// <summary>The next stream that the orchestrator opens.</summary>
    public ValueTask<ScriptedStream> StreamAsync() => _streams.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether it has opened one that nobody has looked at.</summary>
    public bool HasAnotherStream => _streams.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnnounceAsync(WorkerDirectory directory, WorkerReplica replica)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        while (!_stopped.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            await directory.AnnounceAsync(replica).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class Service(Func<ScriptedStream, Task> opened) : V1.AgentWorker.AgentWorkerBase
    {
        public override async Task Execute(IAsyncStreamReader<ExecuteRequest> requestStream, IServerStreamWriter<ExecuteReply> responseStream, ServerCallContext context)
        {
            var stream = new ScriptedStream(responseStream);
            await opened(stream);
            await stream.RunAsync(requestStream, context.CancellationToken);
        }
    }
}
