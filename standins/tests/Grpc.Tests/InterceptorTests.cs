using Grpc.Core.Interceptors;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class InterceptorTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Server_Interceptors_SeeEveryKindOfCallInOrder()
    {
        var log = new CallLog();
        await using var host = await ProbeHost.StartAsync(
            configure: options =>
            {
                options.Interceptors.Add<LoggingServerInterceptor>("outer");
                options.Interceptors.Add<LoggingServerInterceptor>("middle");
            },
            configureServer: server =>
            {
                server.Services.AddSingleton(log);
                server.AddServiceOptions<ProbeService>(options => options.Interceptors.Add<LoggingServerInterceptor>("inner"));
            });

        await host.Client.EchoAsync(new Text(), cancellationToken: Token);
        using var count = host.Client.Count(new Number { Value = 1 }, cancellationToken: Token);
        await count.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
        using var sum = host.Client.Sum(cancellationToken: Token);
        await sum.RequestStream.CompleteAsync();
        await sum;
        using var chat = host.Client.Chat(cancellationToken: Token);
        await chat.RequestStream.CompleteAsync();
        await chat.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);

        log.Entries.ShouldBe(new[] { "Echo", "Count", "Sum", "Chat" }.SelectMany(method => new[] { $"outer {method}", $"middle {method}", $"inner {method}" }));
    }

    [Fact]
    public async Task Server_InterceptorThatRefuses_KeepsTheCallFromTheMethod()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.Interceptors.Add<RefusingServerInterceptor>());

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Client_Interceptors_SeeEveryKindOfCallInOrder()
    {
        await using var host = await ProbeHost.StartAsync();
        var log = new CallLog();
        using var channel = GrpcChannel.ForAddress(host.Address);
        var client = new Probe.ProbeClient(channel.Intercept(new LoggingClientInterceptor(log, "outer"), new LoggingClientInterceptor(log, "inner")));

        await client.EchoAsync(new Text(), cancellationToken: Token);
        client.Echo(new Text(), cancellationToken: Token);
        using var count = client.Count(new Number(), cancellationToken: Token);
        using var sum = client.Sum(cancellationToken: Token);
        using var chat = client.Chat(cancellationToken: Token);

        log.Entries.ShouldBe(new[] { "Echo", "Echo", "Count", "Sum", "Chat" }.SelectMany(method => new[] { $"outer {method}", $"inner {method}" }));
    }

    [Fact]
    public async Task Client_MetadataInterceptor_AddsHeaders()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = context.RequestHeaders.GetValue("tenant") }));
        using var channel = GrpcChannel.ForAddress(host.Address);
        var client = new Probe.ProbeClient(channel.Intercept(metadata =>
        {
            metadata.Add("tenant", "acme");
            return metadata;
        }));

        (await client.EchoAsync(new Text(), cancellationToken: Token)).Value.ShouldBe("acme");
    }

    private sealed class CallLog
    {
        private readonly Lock _gate = new();
        private readonly List<string> _entries = [];

        public IReadOnlyList<string> Entries
        {
            get
            {
                lock (_gate)
                    return [.. _entries];
            }
        }

        public void Add(string name, string method)
        {
            lock (_gate)
                _entries.Add($"{name} {method[(method.LastIndexOf('/') + 1)..]}");
        }
    }

    private sealed class LoggingServerInterceptor(CallLog log, string name) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method);
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method);
            return continuation(request, responseStream, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method);
            return continuation(requestStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method);
            return continuation(requestStream, responseStream, context);
        }
    }

    private sealed class RefusingServerInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"));
    }

    private sealed class LoggingClientInterceptor(CallLog log, string name) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method.FullName);
            return continuation(request, context);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method.FullName);
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method.FullName);
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method.FullName);
            return continuation(context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            log.Add(name, context.Method.FullName);
            return continuation(context);
        }
    }
}
