using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Loomflow.Security;
using Loomflow.V1.Rpc;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Refusals over gRPC: a google.rpc.Status with an ErrorInfo and, where trying again helps, a RetryInfo.</summary>
internal sealed class RefusalInterceptor(StoreWatch store, SecretScrubber scrubber) : Interceptor
{
    private const string Domain = "loomflow";
    private const string TypePrefix = "type.googleapis.com";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            store.Check();
            return await continuation(request, context);
        }
        catch (Exception exception) when (Refusals.Of(exception, scrubber) is { } refusal)
        {
            throw Exception(refusal);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            store.Check();
            await continuation(request, responseStream, context);
        }
        catch (Exception exception) when (Refusals.Of(exception, scrubber) is { } refusal)
        {
            throw Exception(refusal);
        }
    }

    private static RpcException Exception(Refusal refusal)
    {
        var status = new V1.Rpc.Status { Code = (int)refusal.GrpcStatus, Message = refusal.Detail };
        status.Details.Add(Any.Pack(new ErrorInfo { Reason = refusal.Reason, Domain = Domain }, TypePrefix));
        if (refusal.RetryAfter is { } wait) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }, TypePrefix));
        return new RpcException(new Grpc.Core.Status(refusal.GrpcStatus, refusal.Detail), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }
}
