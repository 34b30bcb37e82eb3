namespace Grpc.Core;

/// <summary>Adds a credential to the metadata of a call.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);
