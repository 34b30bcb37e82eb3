using Grpc.Core;

namespace Loomflow.Aspire.Workload.Echo;

internal sealed class EchoService : Echo.EchoBase
{
    public override Task<Message> Say(Message request, ServerCallContext context) => Task.FromResult(request);
}
