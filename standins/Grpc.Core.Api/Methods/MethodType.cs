namespace Grpc.Core;

/// <summary>Which of the two sides stream.</summary>
public enum MethodType
{
    Unary,
    ClientStreaming,
    ServerStreaming,
    DuplexStreaming,
}
