using System.Net.Http.Headers;
using Grpc.Core;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Adds an HttpClient's default headers to calls that have no header of that name.</summary>
internal static class DefaultHeaders
{
    public static Metadata Add(Metadata metadata, HttpRequestHeaders headers)
    {
        var all = new Metadata();
        foreach (var entry in metadata)
            all.Add(entry);

        foreach (var (name, values) in headers)
        {
            if (metadata.Get(name) is not null)
                continue;

            foreach (var value in values)
                all.Add(name, value);
        }

        return all;
    }
}
