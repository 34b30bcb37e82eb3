using Grpc.Tests.Probes;

namespace Grpc.Tests;

/// <summary>Does what the test asks for.</summary>
internal sealed class ProbeService(ProbeBehaviour behaviour) : Probe.ProbeBase
{
    public override Task<Text> Echo(Text request, ServerCallContext context) => behaviour.Echo(request, context);

    public override Task Count(Number request, IServerStreamWriter<Number> responseStream, ServerCallContext context) =>
        behaviour.Count(request, responseStream, context);

    public override Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context) => behaviour.Sum(requestStream, context);

    public override Task Chat(IAsyncStreamReader<Text> requestStream, IServerStreamWriter<Text> responseStream, ServerCallContext context) =>
        behaviour.Chat(requestStream, responseStream, context);
}
