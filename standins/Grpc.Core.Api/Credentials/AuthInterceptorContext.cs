using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The call that a credential is for.</summary>
public class AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
{
    public AuthInterceptorContext(string serviceUrl, string methodName)
        : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    /// <summary><c>https://host/package.Service</c></summary>
    public string ServiceUrl { get; } = GrpcPreconditions.CheckNotNull(serviceUrl, nameof(serviceUrl));

    public string MethodName { get; } = GrpcPreconditions.CheckNotNull(methodName, nameof(methodName));

    public CancellationToken CancellationToken { get; } = cancellationToken;
}
