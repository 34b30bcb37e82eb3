using Grpc.Tests.Probes;

namespace Grpc.Tests;

/// <summary>What the service does; a test replaces the part it is about.</summary>
internal sealed class ProbeBehaviour
{
    public Func<Text, ServerCallContext, Task<Text>> Echo { get; set; } = static (request, _) => Task.FromResult(new Text { Value = request.Value });

    public Func<Number, IServerStreamWriter<Number>, ServerCallContext, Task> Count { get; set; } = static async (request, responses, _) =>
    {
        for (var i = 1; i <= request.Value; i++)
            await responses.WriteAsync(new Number { Value = i });
    };

    public Func<IAsyncStreamReader<Number>, ServerCallContext, Task<Number>> Sum { get; set; } = static async (requests, _) =>
    {
        var sum = new Number();
        await foreach (var number in requests.ReadAllAsync())
            sum.Value += number.Value;
        return sum;
    };

    public Func<IAsyncStreamReader<Text>, IServerStreamWriter<Text>, ServerCallContext, Task> Chat { get; set; } = static async (requests, responses, _) =>
    {
        await foreach (var text in requests.ReadAllAsync())
            await responses.WriteAsync(new Text { Value = $"you said {text.Value}" });
    };
}
