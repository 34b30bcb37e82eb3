namespace Grpc.Net.Protocol;

/// <summary>Names of https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";

    /// <summary>Metadata by which a caller asks for compression; it does not travel itself.</summary>
    public const string EncodingRequest = "grpc-internal-encoding-request";

    /// <summary>True for <c>application/grpc</c> and its variants (<c>+proto</c>, parameters).</summary>
    public static bool IsGrpcContentType(string? value) =>
        value is not null
        && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';');
}
