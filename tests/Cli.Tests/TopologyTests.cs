using Loomflow.Aspire.Cli.Up;

namespace Loomflow.Aspire.Cli.Tests;

/// <summary>What AppHost reports, one line of JSON for each change.</summary>
public sealed class TopologyTests : IAsyncDisposable
{
    private readonly string _report = Path.GetTempFileName();
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));
    private readonly Topology _topology;
    private readonly Task _watching;

    public TopologyTests()
    {
        _topology = new Topology(_report);
        _watching = _topology.WatchAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => _watching);
        _stop.Dispose();
        File.Delete(_report);
    }

    [Fact]
    public async Task Topology_IsSettled_OnceEveryInstanceIsHealthy()
    {
        Report("""{"resource":"audit-key","instance":"audit-key","state":"Running","health":"Healthy","exitCode":null,"urls":{}}""");
        Report("""{"resource":"migration","instance":"migration","state":"Exited","health":null,"exitCode":0,"urls":{}}""");
        Report("""{"resource":"orchestrator","instance":"orchestrator","state":"Running","health":"Unhealthy","exitCode":null,"urls":{"http":"http://127.0.0.1:2000"}}""");
        Report("""{"resource":"orchestrator","instance":"orchestrator","state":"Running","health":"Healthy","exitCode":null,"urls":{"http":"http://127.0.0.1:2000"}}""");

        (await _topology.Settled.WaitAsync(_stop.Token)).ShouldBeNull();

        _topology.Url("orchestrator", "http").ShouldBe(new Uri("http://127.0.0.1:2000"));
        Should.Throw<CommandFailedException>(() => _topology.Url("orchestrator", "grpc")).Message.ShouldContain("'grpc'");
    }

    [Fact]
    public async Task Topology_NamesTheInstanceThatFailed_WithTheEndOfItsLog()
    {
        Report("""{"resource":"agentworker","instance":"agentworker-2","state":"Exited","health":null,"exitCode":134,"urls":{},"log":["Aborted"]}""");

        var failed = (await _topology.Settled.WaitAsync(_stop.Token)).ShouldNotBeNull();

        failed.Instance.ShouldBe("agentworker-2");
        failed.ToString().ShouldBe("Exited with exit code 134");
        failed.Log.ShouldBe(["Aborted"]);
    }

    [Fact]
    public async Task Topology_ReadsALineThatIsWrittenInTwoParts()
    {
        const string line = """{"resource":"orchestrator","instance":"orchestrator","state":"FailedToStart","health":null,"exitCode":null,"urls":{}}""";
        await File.AppendAllTextAsync(_report, line[..40], TestContext.Current.CancellationToken);
        Report(line[40..]);

        (await _topology.Settled.WaitAsync(_stop.Token)).ShouldNotBeNull().State.ShouldBe("FailedToStart");
    }

    private void Report(string line) => File.AppendAllText(_report, line + "\n");
}
