using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Protocol;

namespace Grpc.Net.Client.Http;

/// <summary>What HTTP responses and failures mean as a gRPC status.</summary>
internal static class StatusMapping
{
    /// <summary>Null where the response is that of a call under way, whose status comes in the trailers.</summary>
    public static Status? OfResponseHeaders(HttpResponseMessage response, out bool isTrailersOnly)
    {
        if (isTrailersOnly = TryReadStatus(response.Headers, out var status))
            return status;
        if (response.Version < HttpVersion.Version20)
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        if (response.StatusCode != HttpStatusCode.OK)
            return new Status(OfHttpStatus(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");

        return response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var contentType)
            ? GrpcHeaders.IsGrpcContentType(contentType.ToString())
                ? null
                : new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {contentType}")
            : new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header.");
    }

    public static Status OfResponseTrailers(HttpResponseMessage response) =>
        TryReadStatus(response.TrailingHeaders, out var status)
            ? status.Value
            : new Status(StatusCode.Cancelled, "No grpc-status found on response.");

    public static Status OfException(string summary, Exception exception)
    {
        StatusCode? code = null;
        var transportFailed = false;
        var detail = new StringBuilder(summary);
        for (var current = exception; current is not null; current = current.InnerException)
        {
            switch (current)
            {
                case RpcException rpc:
                    return rpc.Status;
                case HttpProtocolException protocol:
                    code = OfHttp2Error(protocol.ErrorCode);
                    break;
                case SocketException or IOException:
                    transportFailed = true;
                    break;
            }

            detail.Append(' ').Append(current.GetType().Name).Append(": ").Append(current.Message);
        }

        // InvalidDataException is no IOException: what came was read, and was wrong.
        return new Status(code ?? (transportFailed ? StatusCode.Unavailable : StatusCode.Internal), detail.ToString(), exception);
    }

    private static bool TryReadStatus(HttpHeaders headers, [NotNullWhen(true)] out Status? status)
    {
        status = null;
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var code))
            return false;

        var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var message) ? PercentEncoding.Decode(message.ToString()) : "";
        status = int.TryParse(code.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Status((StatusCode)number, detail)
            : new Status(StatusCode.Cancelled, $"Unexpected grpc-status value: {code}");
        return true;
    }

    // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    private static StatusCode OfHttpStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
    private static StatusCode OfHttp2Error(long error) => error switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };
}
