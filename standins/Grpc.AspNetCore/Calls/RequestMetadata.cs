using Grpc.Core;
using Grpc.Net.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>Request headers as metadata, without those of HTTP and gRPC themselves.</summary>
internal static class RequestMetadata
{
    private static readonly HashSet<string> s_protocol = new(StringComparer.OrdinalIgnoreCase)
    {
        GrpcHeaders.Encoding, GrpcHeaders.AcceptEncoding, GrpcHeaders.Timeout,
        HeaderNames.ContentEncoding, HeaderNames.ContentType, HeaderNames.TE, HeaderNames.Host, HeaderNames.AcceptEncoding,
    };

    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (name.StartsWith(':') || s_protocol.Contains(name))
                continue;

            if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
            {
                metadata.Add(name, values.ToString());
                continue;
            }

            // Several values of one binary header may come joined by commas.
            foreach (var value in values.ToString().Split(',', StringSplitOptions.TrimEntries))
                metadata.Add(name, BinaryHeader.Decode(value));
        }

        return metadata;
    }
}
