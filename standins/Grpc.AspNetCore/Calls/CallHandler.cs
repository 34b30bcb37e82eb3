using Grpc.Core;
using Grpc.Net.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method: refuses what is no gRPC call, runs the rest, and sends how it ended.</summary>
internal abstract class CallHandler(MethodOptions options, ILogger logger)
{
    private static readonly Status s_noMessage = new(StatusCode.Cancelled, "No message returned from method.");

    public Task HandleAsync(HttpContext httpContext)
    {
        var request = httpContext.Request;
        if (!GrpcHeaders.IsGrpcContentType(request.ContentType))
            return RefuseContentType(httpContext);

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            httpContext.Response.Headers[HeaderNames.Upgrade] = HttpProtocol.Http2;
            return GrpcResponse.Refuse(httpContext.Response, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
        }

        return RunAsync(httpContext);
    }

    protected abstract Task HandleAsync(ServerCall call);

    /// <summary>A stream may take as long, and be as large, as the two sides like.</summary>
    protected static void LiftLimits(HttpContext httpContext, bool onRequestBody)
    {
        var endpoint = httpContext.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<RequestTimeoutAttribute>() is null && endpoint?.Metadata.GetMetadata<RequestTimeoutPolicy>() is null)
            httpContext.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();

        if (!onRequestBody)
            return;

        if (httpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (httpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }

    protected static ValueTask RespondAsync<TResponse>(ServerCall call, TResponse? response, Marshaller<TResponse> marshaller)
        where TResponse : class
    {
        if (response is null)
            throw new RpcException(s_noMessage);

        return call.HasExpired
            ? ValueTask.CompletedTask
            : call.WriteAsync(response, marshaller.ContextualSerializer, CancellationToken.None);
    }

    private static Task RefuseContentType(HttpContext httpContext)
    {
        var request = httpContext.Request;
        if (HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod))
        {
            httpContext.Response.Headers[HeaderNames.Allow] = HttpMethods.Post;
            return GrpcResponse.Refuse(
                httpContext.Response, StatusCodes.Status405MethodNotAllowed, "Unhandled CORS preflight request received. CORS may not be configured correctly in the application.");
        }

        return GrpcResponse.Refuse(
            httpContext.Response,
            StatusCodes.Status415UnsupportedMediaType,
            request.ContentType is null ? "Content-Type is missing from the request." : $"Content-Type '{request.ContentType}' is not supported.");
    }

    private async Task RunAsync(HttpContext httpContext)
    {
        var call = new ServerCall(httpContext, options, logger);
        httpContext.Features.Set<IServerCallContextFeature>(call);
        Exception? failure = null;
        try
        {
            await HandleAsync(call);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await call.EndAsync(failure);
    }
}
