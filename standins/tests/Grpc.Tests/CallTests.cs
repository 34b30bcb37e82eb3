using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class CallTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Unary_Request_IsAnswered()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.EchoAsync(new Text { Value = "grüß dich" }, cancellationToken: Token);

        (await call).Value.ShouldBe("grüß dich");
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        call.GetTrailers().ShouldBeEmpty();
    }

    [Fact]
    public async Task Unary_Blocking_IsAnswered()
    {
        await using var host = await ProbeHost.StartAsync();

        host.Client.Echo(new Text { Value = "hello" }, cancellationToken: Token).Value.ShouldBe("hello");
    }

    [Fact]
    public async Task Unary_EmptyMessages_AreMessages()
    {
        await using var host = await ProbeHost.StartAsync();

        (await host.Client.EchoAsync(new Text(), cancellationToken: Token)).ShouldBe(new Text());
    }

    [Fact]
    public async Task Unary_ManyAtOnce_ShareAConnection()
    {
        await using var host = await ProbeHost.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
            (await host.Client.EchoAsync(new Text { Value = $"{i}" }, cancellationToken: Token)).Value));

        answers.ShouldBe(Enumerable.Range(0, 500).Select(i => $"{i}"));
    }

    [Fact]
    public async Task Unary_LargeMessage_ArrivesWhole()
    {
        await using var host = await ProbeHost.StartAsync();
        var text = new string('x', 3_000_000);

        (await host.Client.EchoAsync(new Text { Value = text }, cancellationToken: Token)).Value.ShouldBe(text);
    }

    [Fact]
    public async Task ServerStreaming_Responses_ArriveInOrder()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Count(new Number { Value = 1000 }, cancellationToken: Token);
        var received = await call.ResponseStream.ReadAllAsync(Token).Select(number => number.Value).ToListAsync(Token);

        received.ShouldBe(Enumerable.Range(1, 1000).Select(i => (long)i));
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task ServerStreaming_WithoutResponses_EndsAtOnce()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Count(new Number(), cancellationToken: Token);

        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task ServerStreaming_Response_ArrivesBeforeTheMethodReturns()
    {
        var seen = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Number { Value = 1 });
            await seen.Task.WaitAsync(context.CancellationToken);
        });

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        seen.SetResult();

        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task ClientStreaming_Requests_AreGathered()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Sum(cancellationToken: Token);
        for (var i = 1; i <= 1000; i++)
            await call.RequestStream.WriteAsync(new Number { Value = i }, Token);
        await call.RequestStream.CompleteAsync();

        (await call).Value.ShouldBe(500_500);
    }

    [Fact]
    public async Task ClientStreaming_WithoutRequests_IsAnswered()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Sum(cancellationToken: Token);
        await call.RequestStream.CompleteAsync();

        (await call).Value.ShouldBe(0);
    }

    [Fact]
    public async Task ClientStreaming_AnswerBeforeTheEndOfRequests_IsReceived()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Sum = async (requests, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            return new Number { Value = 42 };
        });

        using var call = host.Client.Sum(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new Number(), Token);

        (await call).Value.ShouldBe(42);
        var late = await Should.ThrowAsync<Exception>(() => call.RequestStream.WriteAsync(new Number(), Token));
        late.ShouldBeAssignableTo<RpcException>();
    }

    [Fact]
    public async Task Duplex_Sides_TakeTurns()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Chat(cancellationToken: Token);
        foreach (var word in new[] { "one", "two", "three" })
        {
            await call.RequestStream.WriteAsync(new Text { Value = word }, Token);
            (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            call.ResponseStream.Current.Value.ShouldBe($"you said {word}");
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task Duplex_ServerSpeaksFirst_IsHeard()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Chat = async (requests, responses, context) =>
        {
            await responses.WriteAsync(new Text { Value = "welcome" });
            while (await requests.MoveNext(context.CancellationToken))
            {
            }
        });

        using var call = host.Client.Chat(cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        call.ResponseStream.Current.Value.ShouldBe("welcome");
        await call.RequestStream.CompleteAsync();

        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task RequestStream_WriteAfterComplete_IsRefused()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Chat(cancellationToken: Token);
        await call.RequestStream.CompleteAsync();

        await Should.ThrowAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new Text(), Token));
    }

    [Fact]
    public async Task ResponseStream_TwoReadsAtOnce_AreRefused()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Chat(cancellationToken: Token);
        var first = call.ResponseStream.MoveNext(Token);
        await Should.ThrowAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Token));
        await call.RequestStream.CompleteAsync();

        (await first).ShouldBeFalse();
    }

    [Fact]
    public async Task Status_OfACallUnderWay_IsRefused()
    {
        await using var host = await ProbeHost.StartAsync();

        using var call = host.Client.Chat(cancellationToken: Token);

        Should.Throw<InvalidOperationException>(() => call.GetStatus());
        Should.Throw<InvalidOperationException>(() => call.GetTrailers());
    }

    [Fact]
    public async Task Channel_Disposed_EndsItsCallsAndTakesNoMore()
    {
        await using var host = await ProbeHost.StartAsync();
        var (channel, client) = host.Connect(_ => { });
        using var call = client.Chat(cancellationToken: Token);
        var read = call.ResponseStream.MoveNext(Token);

        channel.Dispose();

        (await Should.ThrowAsync<RpcException>(() => read)).StatusCode.ShouldBe(StatusCode.Cancelled);
        Should.Throw<ObjectDisposedException>(() => client.EchoAsync(new Text(), cancellationToken: Token));
    }
}
