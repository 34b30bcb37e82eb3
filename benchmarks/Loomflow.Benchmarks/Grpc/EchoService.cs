using Grpc.Core;

namespace Loomflow.Benchmarks.Grpc;

internal sealed class EchoService : Echo.EchoBase
{
    public override Task<Message> Say(Message request, ServerCallContext context) => Task.FromResult(request);
}
