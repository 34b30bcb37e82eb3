namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>The largest input that is taken at the door gets all the way to a worker.</summary>
public sealed class LargestInputTests
{
    // Input:MaxBytes, with the quotes.
    private const int Largest = 4 * 1024 * 1024;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARunWithTheLargestInput_Completes_AndOneByteMoreIsRefused()
    {
        await using var system = await Topology.StartAsync(new TopologyOptions { Workload = true }, Cancelled);

        var run = await system.RunToEndAsync(system.Orchestrators[0], "measure", new string('x', Largest - 2), "alice", Cancelled);

        run.GetProperty("status").GetString().ShouldBe("completed", system.Tails);
        run.GetProperty("output").GetInt32().ShouldBe(Largest - 2);
        (await Should.ThrowAsync<HttpRequestException>(() => system.RunToEndAsync(system.Orchestrators[0], "measure", new string('x', Largest - 1), "alice", Cancelled)))
            .StatusCode.ShouldBe(System.Net.HttpStatusCode.RequestEntityTooLarge);
    }
}
