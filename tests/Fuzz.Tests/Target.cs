using Google.Protobuf;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>What a service takes, as something to start from.</summary>
/// <param name="Routes">Requests over HTTP/1.1.</param>
/// <param name="Calls">Calls over gRPC: the method's path and a request that it takes.</param>
/// <param name="UserCredential">What opens the HTTP interface.</param>
/// <param name="ServiceCredential">What opens the gRPC interface.</param>
internal sealed record Target(
    IReadOnlyList<(string Method, string Path, string? Body)> Routes,
    IReadOnlyList<(string Path, IMessage Request)> Calls,
    string UserCredential,
    string ServiceCredential);
