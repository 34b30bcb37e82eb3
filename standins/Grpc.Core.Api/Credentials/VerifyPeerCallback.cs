namespace Grpc.Core;

/// <summary>Decides whether a server's certificate is good.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);
