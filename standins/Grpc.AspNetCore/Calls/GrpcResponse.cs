using System.Globalization;
using Grpc.Core;
using Grpc.Net.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>How a call's outcome is told: in trailers, or in the headers where nothing was sent before.</summary>
internal static class GrpcResponse
{
    // Kept, so that the usual trailers allocate nothing.
    private static readonly string[] s_statusCodes = [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    public static void Start(HttpResponse response) => response.ContentType = GrpcHeaders.ContentType;

    public static void WriteStatus(HttpResponse response, Status status, Metadata? trailers = null)
    {
        var destination = Destination(response);
        if (trailers is not null)
            Append(destination, trailers);

        destination[GrpcHeaders.Status] = StatusText(status.StatusCode);
        if (string.IsNullOrEmpty(status.Detail))
            destination.Remove(GrpcHeaders.Message);
        else
            destination[GrpcHeaders.Message] = PercentEncoding.Encode(status.Detail);
    }

    /// <summary>A request that is no gRPC call gets an HTTP status too.</summary>
    public static Task Refuse(HttpResponse response, int httpStatus, string detail)
    {
        response.StatusCode = httpStatus;
        WriteStatus(response, new Status(StatusCode.Internal, detail));
        return Task.CompletedTask;
    }

    public static void Append(IHeaderDictionary destination, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            try
            {
                destination.Append(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value);
            }
            catch (InvalidOperationException exception)
            {
                throw new InvalidOperationException($"Error adding response metadata '{entry.Key}': use a '-bin' key for what is not ASCII.", exception);
            }
        }
    }

    public static string StatusText(StatusCode code) =>
        (int)code >= 0 && (int)code < s_statusCodes.Length ? s_statusCodes[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    private static IHeaderDictionary Destination(HttpResponse response)
    {
        if (!response.HasStarted)
            return response.Headers;

        var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        return trailers is { IsReadOnly: false }
            ? trailers
            : throw new InvalidOperationException("Trailers are not supported for this response. The server may not support gRPC.");
    }
}
