using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Registration;

public class RegistrationTests(RedisFixture fixture)
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Step<string, string> Waits => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
        {
            _begun.TrySetResult();
            await _goOn.Task.WaitAsync(cancellationToken);
            return text;
        },
        "waits");

    [Fact]
    public async Task A_worker_announces_where_it_is_reached_and_what_it_hosts_and_leaves_when_it_stops()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("waits", Waits), ("Worker:Capacity", "7"));

        worker.Replica.Hosts.ShouldContain("waits");
        worker.Replica.Capacity.ShouldBe(7);
        worker.Replica.Address.Host.ShouldBe("127.0.0.1");
        worker.Replica.Version.ShouldNotBeEmpty();

        await worker.StopAsync();
        (await worker.Directory.ListAsync()).ShouldNotContain(replica => replica.Id == worker.Replica.Id);
    }

    [Fact]
    public async Task An_address_that_is_given_is_announced_as_it_is()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, _ => { }, ("Worker:Address", "http://worker-3.internal:8081"));
        worker.Replica.Address.ShouldBe(new Uri("http://worker-3.internal:8081"));
    }

    [Fact]
    public async Task A_stopping_worker_leaves_the_directory_first_and_lets_executions_end()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("waits", Waits));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("waits", "hi"));
        await _begun.Task;

        var stopped = worker.StopAsync();
        while ((await caller.NextOfAnyKindAsync()).Draining is null)
        {
            // It is alive until then.
        }

        (await worker.Directory.ListAsync()).ShouldNotContain(replica => replica.Id == worker.Replica.Id);
        await using (var refused = await Caller.AttachAsync(worker, Caller.Start("waits", "hi"))) (await refused.RefusalAsync()).StatusCode.ShouldBe(StatusCode.Unavailable);
        stopped.IsCompleted.ShouldBeFalse();

        _goOn.SetResult();
        Payload.FromJson((await caller.ResultAsync()).Output.Memory).ShouldBe(Payload.Of("hi"));
        await caller.DisposeAsync();
        await stopped;
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_handed_back()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("waits", Waits), ("Worker:DrainTimeout", "00:00:00.05"));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("waits", "hi"));
        await _begun.Task;

        var stopped = worker.StopAsync();
        (await caller.RefusalAsync()).StatusCode.ShouldBe(StatusCode.Unavailable);
        await caller.DisposeAsync();
        await stopped;
        worker.Executions.UnderWay.ShouldBe(0);
    }

    [Fact]
    public async Task A_workflow_cannot_be_hosted()
    {
        var workflow = Workflow.Chain("flow", Step.Of((string text) => text, "echo"));
        var refused = await Should.ThrowAsync<ArgumentException>(() => TestWorker.StartAsync(fixture.Redis, host => host.AddStep("flow", _ => workflow)));
        refused.Message.ShouldContain("'flow' cannot be hosted by a worker");
    }
}
