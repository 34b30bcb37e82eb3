using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Tests.Probes;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_IsASpan_WhoseTraceTheServerContinues(bool streaming)
    {
        ActivityContext server = default;
        await using var host = await ProbeHost.StartAsync(behaviour =>
        {
            behaviour.Echo = (request, _) =>
            {
                server = Activity.Current!.Context;
                return Task.FromResult(request);
            };
            behaviour.Count = (_, _, _) =>
            {
                server = Activity.Current!.Context;
                return Task.CompletedTask;
            };
        });
        using var root = new Activity("test").Start();
        using var spans = new Spans(root.TraceId);

        if (streaming)
        {
            using var call = host.Client.Count(new Number(), cancellationToken: Token);
            (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        }
        else
        {
            await host.Client.EchoAsync(new Text(), cancellationToken: Token);
        }

        var span = await spans.FirstAsync("Grpc.Net.Client.GrpcOut", Token);
        span.Source.Name.ShouldBe("Grpc.Net.Client");
        span.Kind.ShouldBe(ActivityKind.Client);
        span.ParentSpanId.ShouldBe(root.SpanId);
        span.GetTagItem("grpc.method").ShouldBe($"/loomflow.probe.v1.Probe/{(streaming ? "Count" : "Echo")}");
        span.GetTagItem("grpc.status_code").ShouldBe("0");
        server.TraceId.ShouldBe(root.TraceId);
        Activity.Current.ShouldBe(root);
    }

    [Fact]
    public async Task Call_ThatFails_TellsItsStatusOnBothSpans()
    {
        Activity? request = null;
        var ended = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
        {
            request = context.GetHttpContext().Features.Get<IHttpActivityFeature>()!.Activity;
            context.GetHttpContext().Response.OnCompleted(() =>
            {
                ended.SetResult();
                return Task.CompletedTask;
            });
            throw new RpcException(new Status(StatusCode.NotFound, ""));
        });
        using var root = new Activity("test").Start();
        using var spans = new Spans(root.TraceId);

        await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);
        await ended.Task.WaitAsync(Token);

        (await spans.FirstAsync("Grpc.Net.Client.GrpcOut", Token)).GetTagItem("grpc.status_code").ShouldBe("5");
        request.ShouldNotBeNull().GetTagItem("grpc.status_code").ShouldBe("5");
        request.GetTagItem("grpc.method").ShouldBe("/loomflow.probe.v1.Probe/Echo");
    }

    /// <summary>The stopped spans of one trace.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ActivityListener _listener;
        private readonly System.Threading.Channels.Channel<Activity> _stopped = System.Threading.Channels.Channel.CreateUnbounded<Activity>();

        public Spans(ActivityTraceId trace)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is "Grpc.Net.Client" or "Microsoft.AspNetCore",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    if (activity.TraceId == trace)
                        _stopped.Writer.TryWrite(activity);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ValueTask<Activity> FirstAsync(string name, CancellationToken cancellationToken) =>
            _stopped.Reader.ReadAllAsync(cancellationToken).FirstAsync(activity => activity.OperationName == name, cancellationToken);

        public void Dispose() => _listener.Dispose();
    }
}
