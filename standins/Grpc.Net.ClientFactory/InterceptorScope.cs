namespace Grpc.Net.ClientFactory;

/// <summary>What shares one interceptor.</summary>
public enum InterceptorScope
{
    /// <summary>All clients of the name.</summary>
    Channel,

    /// <summary>One client, made in its own scope.</summary>
    Client,
}
