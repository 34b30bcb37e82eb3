using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.Orchestrator.Tests.Running;
using Loomflow.Audit;
using Loomflow.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>An agent on a worker charges a card, once, whatever is lost in the meantime.</summary>
public class LostConnectionTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly Points _points = new();
    private readonly string _step = $"agent-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_cut_the_step_goes_on_at_the_same_worker()
    {
        using var proxy = new CuttableProxy();
        await using var worker = await WorkerHost.StartBehindAsync(proxy, _redis, Host);
        await using var dispatching = await Dispatching.StartAsync(_redis, options => options.AttachGrace = TimeSpan.FromSeconds(30));
        var run = RunAsync(dispatching);
        await _points.Reached("second turn");

        proxy.Cut();
        _points.LetPass("second turn");

        (await run).ShouldBe("charged");
        _points.Log.ShouldBe(["charge", "second turn"]);
    }

    [Fact]
    public async Task When_the_worker_is_gone_another_one_goes_on_from_the_journaled_turns()
    {
        using var proxy = new CuttableProxy();
        await using var first = await WorkerHost.StartBehindAsync(proxy, _redis, Host, ("Worker:OrphanGrace", "00:00:00"));
        await using var dispatching = await Dispatching.StartAsync(_redis, options => options.AttachGrace = TimeSpan.FromMilliseconds(200));
        var run = RunAsync(dispatching);
        await _points.Reached("second turn");
        await using var second = await WorkerHost.StartAsync(_redis, Host);

        proxy.Close();
        _points.LetPass("second turn");

        (await run).ShouldBe("charged");
        _points.Log.Count(entry => entry == "charge").ShouldBe(1, "a tool call that returned is not made again");
    }

    [Fact]
    public async Task A_worker_that_falls_silent_is_lost_after_the_lease()
    {
        using var proxy = new CuttableProxy();
        await using var first = await WorkerHost.StartBehindAsync(proxy, _redis, Host, ("Worker:OrphanGrace", "00:00:00"));
        await using var dispatching = await Dispatching.StartAsync(_redis, options =>
        {
            options.WorkerLease = TimeSpan.FromSeconds(4);
            options.AttachGrace = TimeSpan.Zero;
        });
        var run = RunAsync(dispatching);
        await _points.Reached("second turn");
        await using var second = await WorkerHost.StartAsync(_redis, Host);

        proxy.Freeze();
        _points.LetPass("second turn");

        (await run).ShouldBe("charged");
        _points.Log.Count(entry => entry == "charge").ShouldBe(1);
    }

    [Fact]
    public async Task A_step_that_loses_one_worker_after_the_other_fails_in_the_end()
    {
        using var proxy = new CuttableProxy();
        await using var worker = await WorkerHost.StartBehindAsync(proxy, _redis, Host, ("Worker:OrphanGrace", "00:00:00"));
        await using var dispatching = await Dispatching.StartAsync(_redis, options => (options.AttachGrace, options.MaxLostWorkers) = (TimeSpan.FromMilliseconds(100), 1));
        var run = RunAsync(dispatching);
        await _points.Reached("second turn");

        proxy.Close();

        (await Should.ThrowAsync<StepFailedException>(() => run)).Failure.Kind.ShouldBe(FailureKind.Lost);
    }

    [Fact]
    public async Task What_a_stopping_worker_hands_back_goes_on_at_another_one()
    {
        var first = await WorkerHost.StartAsync(_redis, Host, ("Worker:DrainTimeout", "00:00:00.1"));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var run = RunAsync(dispatching);
        await _points.Reached("second turn");
        await using var second = await WorkerHost.StartAsync(_redis, Host);

        await first.StopAsync();
        await first.DisposeAsync();
        _points.LetPass("second turn");

        (await run).ShouldBe("charged");
        _points.Log.Count(entry => entry == "charge").ShouldBe(1);
    }

    [Fact]
    public async Task A_run_that_is_handed_over_finds_its_step_where_it_was()
    {
        using var audit = new InMemoryAuditLog();
        await using var worker = await WorkerHost.StartAsync(_redis, Host);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain($"handover-{_step}", Step.Remote<string, string>(_step));
        var one = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(5), dispatching.Dispatcher, workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = workflow.Name, Input = Payload.Of("refund"), UserId = "alice" });
        await _points.Reached("second turn");

        await one.DrainAsync();
        await using var two = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(5), dispatching.Dispatcher, workflow);
        _points.LetPass("second turn");
        run = await two.EndOfAsync(run, Cancellation);

        run.Output.As<string>().ShouldBe("charged");
        _points.Log.ShouldBe(["charge", "second turn"]);
        var journal = await two.JournalAsync(run.Header.Run.RunId);
        journal.OfType<ToolCalled>().Count().ShouldBe(1);
        journal.OfType<StepCompleted>().Count().ShouldBe(1);
        await one.DisposeAsync();
    }

    [Fact]
    public async Task A_question_of_a_tool_call_survives_its_orchestrator_and_is_written_once()
    {
        using var audit = new InMemoryAuditLog();
        await using var worker = await WorkerHost.StartAsync(_redis, host => Host(host, destructive: true));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain($"question-{_step}", Step.Remote<string, string>(_step));
        var one = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(1), dispatching.Dispatcher, workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = workflow.Name, Input = Payload.Of("refund"), UserId = "alice" });
        var asked = await AskedAsync(one, run.Header.Run.RunId);

        await one.CutOffAsync();
        await using var two = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(1), dispatching.Dispatcher, workflow);
        await two.Approvals.AnswerAsync(Replica.Service, run.Header.Run.RunId, asked.ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Responder = "alice", Comment = "fine" });
        _points.LetPass("second turn");
        run = await two.EndOfAsync(run, Cancellation);

        run.Output.As<string>().ShouldBe("charged");
        _points.Log.ShouldBe(["charge", "second turn"]);
        var journal = await two.JournalAsync(run.Header.Run.RunId);
        journal.OfType<ApprovalRequested>().Count().ShouldBe(1);
        journal.OfType<ApprovalDecided>().ShouldHaveSingleItem().Decision.Comment.ShouldBe("fine");
        await one.DisposeAsync();
    }

    [Fact]
    public async Task A_question_of_a_tool_call_survives_its_worker_and_its_orchestrator_and_the_answer_reaches_the_next()
    {
        using var audit = new InMemoryAuditLog();
        var first = await WorkerHost.StartAsync(_redis, host => Host(host, destructive: true), ("Worker:DrainTimeout", "00:00:00.1"));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain($"question-{_step}", Step.Remote<string, string>(_step));
        var one = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(1), dispatching.Dispatcher, workflow);
        var run = await one.Runs.StartAsync(new StartRun { Workflow = workflow.Name, Input = Payload.Of("refund"), UserId = "alice" });
        var asked = await AskedAsync(one, run.Header.Run.RunId);

        await one.CutOffAsync();
        await first.StopAsync();
        await first.DisposeAsync();
        await using var second = await WorkerHost.StartAsync(_redis, host => Host(host, destructive: true));
        await using var two = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(1), dispatching.Dispatcher, workflow);
        (await two.Approvals.OpenAsync(Replica.Service, run.Header.Run.RunId)).ShouldHaveSingleItem().ApprovalId.ShouldBe(asked.ApprovalId);
        await two.Approvals.AnswerAsync(Replica.Service, run.Header.Run.RunId, asked.ApprovalId, new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Responder = "alice" });
        _points.LetPass("second turn");
        run = await two.EndOfAsync(run, Cancellation);

        run.Output.As<string>().ShouldBe("charged");
        _points.Log.ShouldBe(["charge", "second turn"]);
        var journal = await two.JournalAsync(run.Header.Run.RunId);
        journal.OfType<ApprovalRequested>().Count().ShouldBe(1);
        journal.OfType<ApprovalDecided>().Count().ShouldBe(1);
        await one.DisposeAsync();
    }

    private static async Task<ApprovalRequest> AskedAsync(Replica replica, string runId)
    {
        while (true)
        {
            Cancellation.ThrowIfCancellationRequested();
            if ((await replica.JournalAsync(runId)).OfType<ApprovalRequested>().FirstOrDefault() is { } asked) return asked.Request;
            await Task.Yield();
        }
    }

    private void Host(IHostApplicationBuilder host) => Host(host, destructive: false);

    private void Host(IHostApplicationBuilder host, bool destructive)
    {
        var charge = Tool.Of(
            () =>
            {
                _points.Reach("charge");
                return "booked";
            },
            "charge",
            "Charges the card.",
            destructive);
        host.AddStep(_step, _ => new Agent("Charge the card.", new ChargingModel(_points), new AgentOptions { Name = "charger", Tools = [charge] }));
    }

    private async Task<string?> RunAsync(Dispatching dispatching) =>
        (await Workflow.Chain("w", Step.Remote<string, string>(_step)).RunAsync("refund", new RunOptions { Dispatcher = dispatching.Dispatcher, UserId = "alice" }, Cancellation)).Output;

    /// <summary>Calls the tool, and after it returned waits to be let pass.</summary>
    private sealed class ChargingModel(Points points) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (!messages.Any(message => message.Contents.OfType<FunctionResultContent>().Any()))
            {
                return new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("call_1", "charge", new Dictionary<string, object?>())])) { FinishReason = ChatFinishReason.ToolCalls };
            }

            await points.HoldAsync("second turn", cancellationToken);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "charged")) { FinishReason = ChatFinishReason.Stop };
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates()) yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
