using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class CancellationTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Unary_Cancelled_CancelsTheMethod()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => server.WaitAsync<Text>(context));
        using var cancellation = new CancellationTokenSource();

        using var call = host.Client.EchoAsync(new Text(), cancellationToken: cancellation.Token);
        await server.Entered.WaitAsync(Token);
        await cancellation.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => call.ResponseAsync)).StatusCode.ShouldBe(StatusCode.Cancelled);
        call.GetStatus().StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Cancelled.WaitAsync(Token);
    }

    [Fact]
    public async Task Unary_Disposed_CancelsTheMethod()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => server.WaitAsync<Text>(context));

        var call = host.Client.EchoAsync(new Text(), cancellationToken: Token);
        await server.Entered.WaitAsync(Token);
        call.Dispose();

        await server.Cancelled.WaitAsync(Token);
        (await Should.ThrowAsync<RpcException>(() => call.ResponseAsync)).StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task Unary_CancelledWithADeadlineToo_CancelsTheMethod()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => server.WaitAsync<Text>(context));

        var call = host.Client.EchoAsync(new Text(), deadline: DateTime.UtcNow.AddMinutes(5), cancellationToken: Token);
        await server.Entered.WaitAsync(Token);
        call.Dispose();

        await server.Cancelled.WaitAsync(Token);
    }

    [Fact]
    public async Task Unary_CancelledBeforehand_DoesNotReachTheServer()
    {
        var called = false;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, _) =>
        {
            called = true;
            return Task.FromResult(request);
        });

        var exception = await Should.ThrowAsync<RpcException>(() =>
            host.Client.EchoAsync(new Text(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Cancelled);
        called.ShouldBeFalse();
    }

    [Fact]
    public async Task Unary_CancelledAsCancellation_ThrowsWithTheCallersToken()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) => server.WaitAsync<Text>(context));
        var (channel, client) = host.Connect(options => options.ThrowOperationCanceledOnCancellation = true);
        using var disposal = channel;
        using var cancellation = new CancellationTokenSource();

        using var call = client.EchoAsync(new Text(), cancellationToken: cancellation.Token);
        await server.Entered.WaitAsync(Token);
        await cancellation.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(() => call.ResponseAsync)).CancellationToken.ShouldBe(cancellation.Token);
    }

    [Fact]
    public async Task ServerStreaming_Disposed_CancelsTheMethod()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Number { Value = 1 });
            await server.WaitAsync<Number>(context);
        });

        var call = host.Client.Count(new Number(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        await server.Entered.WaitAsync(Token);
        call.Dispose();

        await server.Cancelled.WaitAsync(Token);
        await Should.ThrowAsync<ObjectDisposedException>(() => call.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task ServerStreaming_ReadCancelled_CancelsTheCall()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = (_, _, context) => server.WaitAsync<Number>(context));
        using var cancellation = new CancellationTokenSource();

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        var read = call.ResponseStream.MoveNext(cancellation.Token);
        await server.Entered.WaitAsync(Token);
        await cancellation.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => read)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Cancelled.WaitAsync(Token);
    }

    [Fact]
    public async Task Duplex_Cancelled_EndsReadsAndWrites()
    {
        var server = new CancellationProbe();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Chat = (_, _, context) => server.WaitAsync<Text>(context));
        using var cancellation = new CancellationTokenSource();

        using var call = host.Client.Chat(cancellationToken: cancellation.Token);
        var read = call.ResponseStream.MoveNext(Token);
        await server.Entered.WaitAsync(Token);
        await cancellation.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => read)).StatusCode.ShouldBe(StatusCode.Cancelled);
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new Text(), Token))).StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Cancelled.WaitAsync(Token);
    }

    [Fact]
    public async Task Server_WritesToAClientThatLeft_IsToldSo()
    {
        var gone = new TaskCompletionSource<Exception>();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, _) =>
        {
            try
            {
                while (true)
                    await responses.WriteAsync(new Number { Value = 1 });
            }
            catch (Exception exception)
            {
                gone.SetResult(exception);
                throw;
            }
        });

        var call = host.Client.Count(new Number(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        call.Dispose();

        (await gone.Task.WaitAsync(Token)).ShouldNotBeNull();
        (await host.Client.EchoAsync(new Text { Value = "still here" }, cancellationToken: Token)).Value.ShouldBe("still here");
    }

    /// <summary>A method that waits until its call is cancelled.</summary>
    private sealed class CancellationProbe
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public Task Cancelled => _cancelled.Task;

        public async Task<T> WaitAsync<T>(ServerCallContext context)
        {
            using var registration = context.CancellationToken.Register(() => _cancelled.TrySetResult());
            _entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            throw new InvalidOperationException("Cancelled waits do not end like this.");
        }
    }
}
