using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On an HTTP request that is a gRPC call: its context.</summary>
public interface IServerCallContextFeature
{
    ServerCallContext ServerCallContext { get; }
}
