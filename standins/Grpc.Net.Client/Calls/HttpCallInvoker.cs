using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Makes calls over the channel's HTTP handler.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new SingleResponseCall<TRequest, TResponse>(channel, method, options);
        return new AsyncUnaryCall<TResponse>(
            call.StartUnary(request), s_headers, s_status, s_trailers, SingleResponseCall<TRequest, TResponse>.Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new SingleResponseCall<TRequest, TResponse>(channel, method, options);
        var (requests, response) = call.StartStreaming();
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            requests, response, s_headers, s_status, s_trailers, SingleResponseCall<TRequest, TResponse>.Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new StreamingResponseCall<TRequest, TResponse>(channel, method, options);
        call.StartServerStreaming(request);
        return new AsyncServerStreamingCall<TResponse>(call, s_headers, s_status, s_trailers, s_dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new StreamingResponseCall<TRequest, TResponse>(channel, method, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(call.StartDuplex(), call, s_headers, s_status, s_trailers, s_dispose, call);
    }

    private static readonly Func<object, Task<Metadata>> s_headers = static call => ((GrpcCall)call).ResponseHeadersAsync;
    private static readonly Func<object, Status> s_status = static call => ((GrpcCall)call).GetStatus();
    private static readonly Func<object, Metadata> s_trailers = static call => ((GrpcCall)call).GetTrailers();
    private static readonly Action<object> s_dispose = static call => ((GrpcCall)call).Dispose();
}
