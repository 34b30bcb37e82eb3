using Grpc.Tests.Probes;

namespace Grpc.Tests.Foreign;

public sealed class ForeignClientTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Grpcio_CallsThisServer()
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = async (request, context) =>
        {
            switch (request.Value)
            {
                case "metadata":
                    await context.WriteResponseHeadersAsync(new Metadata
                    {
                        { "saw-user", context.RequestHeaders.GetValue("user-id")! },
                        { "saw-token-bin", context.RequestHeaders.GetValueBytes("token-bin")! },
                    });
                    context.ResponseTrailers.Add("proof-bin", [9, 8, 7, 6]);
                    break;
                case "error":
                    throw new RpcException(
                        new Status(StatusCode.FailedPrecondition, "50 % größer 🎉"), new Metadata { { "grpc-status-details-bin", [1, 2, 3] } });
                case "wait for the deadline":
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                    break;
                case "wait for the cancellation":
                    using (context.CancellationToken.Register(cancelled.SetResult))
                    {
                        entered.SetResult();
                        await Task.Delay(Timeout.Infinite, context.CancellationToken);
                    }

                    break;
                case "until entered":
                    await entered.Task.WaitAsync(context.CancellationToken);
                    break;
                case "until cancelled":
                    await cancelled.Task.WaitAsync(context.CancellationToken);
                    break;
            }

            return request;
        });

        await using var client = Python.Run("client.py", $"{host.Address.Port}");
        var output = await client.Output.ReadToEndAsync(Token);

        string[] all =
        [
            "unary", "unary gzip", "server streaming", "client streaming", "duplex", "request metadata", "response trailers",
            "status code", "status message", "status details", "unimplemented method", "unimplemented service", "oversized message",
            "deadline", "first word", "cancellation", "cancellation seen by the server",
        ];
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(all.Select(what => $"{what}: ok"));
    }
}
