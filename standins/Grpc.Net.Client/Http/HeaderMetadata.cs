using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Protocol;

namespace Grpc.Net.Client.Http;

/// <summary>Metadata as HTTP headers and back.</summary>
internal static class HeaderMetadata
{
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (IsProtocol(name))
                continue;

            foreach (var value in values)
            {
                if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
                {
                    metadata.Add(name, value);
                    continue;
                }

                // Several values of one binary header may come joined by commas.
                foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
                    metadata.Add(name, BinaryHeader.Decode(part));
            }
        }

        return metadata;
    }

    public static void Write(Metadata metadata, HttpRequestHeaders headers)
    {
        foreach (var entry in metadata)
        {
            switch (entry.Key)
            {
                case GrpcHeaders.Timeout: // only a deadline sets it
                    break;
                case GrpcHeaders.EncodingRequest:
                    headers.TryAddWithoutValidation(GrpcHeaders.Encoding, entry.Value);
                    break;
                default:
                    headers.TryAddWithoutValidation(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value);
                    break;
            }
        }
    }

    private static bool IsProtocol(string name) =>
        name.Equals(GrpcHeaders.Status, StringComparison.OrdinalIgnoreCase)
        || name.Equals(GrpcHeaders.Message, StringComparison.OrdinalIgnoreCase)
        || name.Equals(GrpcHeaders.Encoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(GrpcHeaders.AcceptEncoding, StringComparison.OrdinalIgnoreCase);
}
