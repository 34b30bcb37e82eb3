using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class DeadlineTests
{
    private volatile bool _atWork;

    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Deadline_InTheFuture_ReachesTheServer()
    {
        var seen = new TaskCompletionSource<DateTime>();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            seen.SetResult(context.Deadline);
            return Task.FromResult(request);
        });
        var deadline = DateTime.UtcNow.AddMinutes(10);

        await host.Client.EchoAsync(new Text(), deadline: deadline, cancellationToken: Token);

        (await seen.Task).ShouldBe(deadline, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Deadline_NotSet_IsTheEndOfTime()
    {
        var seen = new TaskCompletionSource<DateTime>();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            seen.SetResult(context.Deadline);
            return Task.FromResult(request);
        });

        await host.Client.EchoAsync(new Text(), cancellationToken: Token);

        (await seen.Task).ShouldBe(DateTime.MaxValue);
    }

    [Fact]
    public async Task Deadline_Passes_EndsUnaryCallOnBothSides()
    {
        var cancelled = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => WaitForCancellationAsync<Text>(context, cancelled));

        await WhileAtWorkAsync(async limit =>
        {
            using var call = host.Client.EchoAsync(new Text(), deadline: DateTime.UtcNow + limit, cancellationToken: Token);

            var exception = await Should.ThrowAsync<RpcException>(() => call.ResponseAsync);
            exception.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
            call.GetStatus().StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        });
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Deadline_Passes_EndsStreamsOnBothSides()
    {
        var cancelled = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            _atWork = true;
            await responses.WriteAsync(new Number { Value = 1 });
            await WaitForCancellationAsync<Number>(context, cancelled);
        });

        await WhileAtWorkAsync(async limit =>
        {
            using var call = host.Client.Count(new Number(), deadline: DateTime.UtcNow + limit, cancellationToken: Token);
            var exception = await Should.ThrowAsync<RpcException>(async () =>
            {
                while (await call.ResponseStream.MoveNext(Token))
                {
                }
            });

            exception.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        });
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Deadline_KeptByTheServerAlone_IsAnsweredWithDeadlineExceeded()
    {
        var cancelled = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => WaitForCancellationAsync<Text>(context, cancelled));
        using var http = RawClient.Create();

        // A client that sends the header and keeps no clock of its own.
        await WhileAtWorkAsync(async limit =>
        {
            using var response = await RawClient.CallAsync(http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.Add("grpc-timeout", $"{(int)limit.TotalMilliseconds}m"));
            await response.Content.ReadAsByteArrayAsync(Token);

            RawClient.StatusOf(response).ShouldBe(StatusCode.DeadlineExceeded);
        });
        await cancelled.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Deadline_PassesWhileTheMethodReturnsNothingOfIt_LeavesTheServerWorking()
    {
        var deadlinePassed = new TaskCompletionSource();
        var returned = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = async (request, _) =>
        {
            if (request.Value == "stubborn")
            {
                _atWork = true;
                await deadlinePassed.Task;
                returned.TrySetResult();
            }

            return request;
        });

        await WhileAtWorkAsync(async limit =>
        {
            var exception = await Should.ThrowAsync<RpcException>(() => host.Client
                .EchoAsync(new Text { Value = "stubborn" }, deadline: DateTime.UtcNow + limit, cancellationToken: Token).ResponseAsync);
            exception.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        });
        deadlinePassed.SetResult();
        await returned.Task.WaitAsync(Token);

        (await host.Client.EchoAsync(new Text { Value = "still here" }, cancellationToken: Token)).Value.ShouldBe("still here");
    }

    [Fact]
    public async Task Deadline_InThePast_DoesNotReachTheServer()
    {
        var called = false;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, _) =>
        {
            called = true;
            return Task.FromResult(request);
        });

        var exception = await Should.ThrowAsync<RpcException>(() =>
            host.Client.EchoAsync(new Text(), deadline: DateTime.UtcNow.AddSeconds(-1), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        called.ShouldBeFalse();
    }

    [Fact]
    public async Task Deadline_NotInUtc_IsRefused()
    {
        await using var host = await ProbeHost.StartAsync();

        Should.Throw<InvalidOperationException>(() => host.Client.EchoAsync(new Text(), deadline: DateTime.Now.AddMinutes(1), cancellationToken: Token));
    }

    [Fact]
    public async Task Deadline_AsCancellation_ThrowsOperationCanceled()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => WaitForCancellationAsync<Text>(context, new TaskCompletionSource()));
        var (channel, client) = host.Connect(options => options.ThrowOperationCanceledOnCancellation = true);
        using var _ = channel;

        await Should.ThrowAsync<OperationCanceledException>(() =>
            client.EchoAsync(new Text(), deadline: DateTime.UtcNow.AddMilliseconds(100), cancellationToken: Token).ResponseAsync);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("10")]
    [InlineData("-5S")]
    [InlineData("5s")]
    public async Task Timeout_Malformed_IsNoDeadline(string timeout)
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = $"{context.Deadline == DateTime.MaxValue}" }));
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.TryAddWithoutValidation("grpc-timeout", timeout));
        var body = await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBe(StatusCode.OK);
        Text.Parser.ParseFrom(body.AsSpan(5)).Value.ShouldBe("True");
    }

    /// <summary>Makes a call with a deadline that passes while the method is at work; on a busy machine it may have passed before the method was begun, and the next one is later.</summary>
    private async Task WhileAtWorkAsync(Func<TimeSpan, Task> call)
    {
        for (var limit = TimeSpan.FromMilliseconds(200); ; limit *= 2)
        {
            await call(limit);
            if (_atWork) return;
        }
    }

    private async Task<T> WaitForCancellationAsync<T>(ServerCallContext context, TaskCompletionSource cancelled)
    {
        _atWork = true;
        using var registration = context.CancellationToken.Register(() => cancelled.TrySetResult());
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
        throw new InvalidOperationException("Cancelled waits do not end like this.");
    }
}
