namespace Grpc.Core;

/// <summary>Hands a server call's deadline and cancellation to the calls that it makes. The .NET server does not create any.</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
