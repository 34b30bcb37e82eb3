using Loomflow.Testing;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Engine;

/// <summary>Retries, time limits and what a failure means.</summary>
public class PolicyTests
{
    private readonly ManualTimeProvider _time = new();

    private async Task<WorkflowResult<TOut>> Run<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input, RunOptions? options = null)
    {
        // Whoever waits for the clock gets what it waits for.
        var run = workflow.RunAsync(input, (options ?? new RunOptions()) with { Time = _time }, Token);
        await _time.PassUntilAsync(run, Token);
        return await run;
    }

    [Fact]
    public async Task Retry_FailingAttempts_AreFollowedByOthersUntilOneSucceeds()
    {
        var attempts = 0;
        var step = Step.Of((string text) => ++attempts < 3 ? throw new IOException("away") : Task.FromResult(text), "fetch")
            .WithRetry(new RetryPolicy { MaxAttempts = 5, InitialDelay = TimeSpan.FromSeconds(10) });

        var result = await Run(Workflow.Chain("retry", step), "x");

        result.Output.ShouldBe("x");
        var visit = result.History.ShouldHaveSingleItem();
        (visit.Attempts, visit.Visit, visit.Status, visit.Failure!.Message).ShouldBe((3, 1, RunStatus.Completed, "away"));
        visit.Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task Retry_UsedUp_TheLastExceptionIsThrown()
    {
        var attempts = 0;
        var step = Step.Of<string, string>(_ => throw new IOException($"away {++attempts}"), "fetch").WithRetry(new RetryPolicy { MaxAttempts = 3 });

        (await Should.ThrowAsync<IOException>(() => Run(Workflow.Chain("retry", step), "x"))).Message.ShouldBe("away 3");
    }

    [Fact]
    public async Task Retry_ExceptionsThatCannotGetBetter_AreNotRetried()
    {
        var attempts = 0;
        var policy = new RetryPolicy { MaxAttempts = 5 }.Except<FormatException>();
        Step<string, string> Failing(Exception exception) => Step.Of<string, string>(_ => { attempts++; throw exception; }, "fetch").WithRetry(policy);

        await Should.ThrowAsync<FormatException>(() => Run(Workflow.Chain("named", Failing(new FormatException())), "x"));
        await Should.ThrowAsync<PayloadException>(() => Run(Workflow.Chain("value", Failing(new PayloadException("no"))), "x"));

        attempts.ShouldBe(2);
    }

    [Fact]
    public void RetryPolicy_Pauses_GrowAndAreCappedAndSpread()
    {
        var policy = new RetryPolicy { InitialDelay = TimeSpan.FromSeconds(1), BackoffFactor = 3, MaxDelay = TimeSpan.FromSeconds(10), Jitter = 0.5 };

        Enumerable.Range(1, 4).Select(attempt => policy.DelayAfter(attempt, 0.5).TotalSeconds).ShouldBe([1, 3, 9, 10]);
        policy.DelayAfter(2, 0).TotalSeconds.ShouldBe(1.5, 1e-6);
        policy.DelayAfter(2, 1).TotalSeconds.ShouldBe(4.5, 1e-6);
        Should.Throw<ArgumentOutOfRangeException>(() => new RetryPolicy { MaxAttempts = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new RetryPolicy { Jitter = 2 });
        Should.Throw<ArgumentException>(() => Append("a").WithTimeout(TimeSpan.Zero)).Message.ShouldContain("Step 'a'");
    }

    [Fact]
    public async Task AttemptTimeout_AttemptThatTakesTooLong_FailsAndIsRetried()
    {
        var attempts = 0;
        var step = Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            if (++attempts == 1) await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "slow").WithTimeout(TimeSpan.FromSeconds(5)).WithRetry(new RetryPolicy { MaxAttempts = 2 });

        var result = await Run(Workflow.Chain("timeout", step), "x");

        (result.Output, attempts).ShouldBe(("x", 2));
        result.History[0].Failure!.Kind.ShouldBe(FailureKind.Timeout);
    }

    [Fact]
    public async Task AttemptTimeout_StepThatIgnoresIt_IsLeftBehindAfterTheGrace()
    {
        var never = new TaskCompletionSource<string>();
        var step = Step.Of((string _) => never.Task, "deaf").WithTimeout(TimeSpan.FromSeconds(5));

        var timeout = await Should.ThrowAsync<TimeoutException>(() => Run(Workflow.Chain("deaf", step), "x"));

        timeout.Message.ShouldStartWith("Step 'deaf' took longer than 00:00:05");
    }

    [Fact]
    public async Task TotalTimeout_CoversAllAttemptsAndPauses()
    {
        var attempts = 0;
        var step = Step.Of<string, string>(_ => { attempts++; throw new IOException("away"); }, "fetch")
            .WithRetry(new RetryPolicy { MaxAttempts = 100, InitialDelay = TimeSpan.FromSeconds(10), BackoffFactor = 1, Jitter = 0 })
            .WithTimeout(TimeSpan.FromSeconds(5), total: TimeSpan.FromSeconds(35));

        await Should.ThrowAsync<IOException>(() => Run(Workflow.Chain("total", step), "x"));

        attempts.ShouldBeInRange(3, 4);
    }

    [Fact]
    public async Task Timeout_OfANestedWorkflow_EndsItAndCanBeRetried()
    {
        var entered = 0;
        var inner = Workflow.Chain("inner", Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            if (++entered == 1) await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "hangs once"));
        var outer = Workflow.Chain("outer", inner.WithTimeout(TimeSpan.FromSeconds(20)).WithRetry(new RetryPolicy { MaxAttempts = 2 }), Append("after"));

        var result = await Run(outer, "x");

        result.Output.ShouldBe("x>after");
        result.History.Select(visit => $"{visit.Path} {visit.Status}").ShouldBe(["inner Completed", "inner#1~2/hangs once Completed", "inner/hangs once Cancelled", "after Completed"], ignoreOrder: true);
    }

    [Fact]
    public async Task Timeout_OfASignal_FailsTheStep()
    {
        var workflow = Workflow.Chain("wait", Waits.Signal<string, string>("paid").WithTimeout(TimeSpan.FromHours(1)).OnFailure(FailurePolicy.ContinueWith("unpaid")), Append("close"));

        (await Run(workflow, "x")).Output.ShouldBe("unpaid>close");
    }

    [Fact]
    public async Task RunTimeout_FailsTheRunAsATimeout_NotAsACancellation()
    {
        var thrown = await Should.ThrowAsync<TimeoutException>(() => Run(Workflow.Chain("slow", Hang("hang")), null, new RunOptions { Timeout = TimeSpan.FromSeconds(30) }));

        var run = thrown.GetRun()!;
        (run.Status, run.History.Single().Status).ShouldBe((RunStatus.Failed, RunStatus.Cancelled));
        await Should.ThrowAsync<TimeoutException>(() => Run(Workflow.Chain("slow", Hang("hang"), new WorkflowOptions { Timeout = TimeSpan.FromSeconds(30) }), null));
    }

    [Fact]
    public async Task OnFailure_Continue_GoesOnWithTheValue()
    {
        var failing = Throw("lookup", new IOException("away"));

        (await Run(Workflow.Chain("constant", failing.OnFailure(FailurePolicy.ContinueWith("none")), Append("next")), null)).Output.ShouldBe("none>next");
        var result = await Run(Workflow.Chain("made", failing.OnFailure(FailurePolicy.ContinueWith(failure => $"({failure.Message})")), Append("next")), null);
        result.Output.ShouldBe("(away)>next");
        result.History[0].Status.ShouldBe(RunStatus.Failed);
    }

    [Fact]
    public async Task OnFailure_ContinueWithAFunctionThatThrows_FailsTheRunWithThat()
    {
        var failing = Throw("lookup", new IOException("away")).OnFailure(FailurePolicy.ContinueWith(_ => throw new FormatException("no value")));

        (await Should.ThrowAsync<FormatException>(() => Run(Workflow.Chain("throws", failing), null))).Message.ShouldBe("no value");
    }

    [Fact]
    public async Task OnFailure_GoTo_GivesTheFailure_OrTheInputThatFailed()
    {
        Workflow<object?, object?> Detour(Step rescue) => new WorkflowBuilder("detour")
            .AddNode("charge", Throw("charge", new IOException("declined")).OnFailure(FailurePolicy.GoTo("rescue")))
            .AddNode("ship", Append("ship")).AddNode("rescue", rescue)
            .SetStart("charge").AddEdge("charge", "ship").Build();

        (await Run(Detour(Step.Of((Failure failure) => Task.FromResult(failure.Message))), "order")).Output.ShouldBe("declined");
        (await Run(Detour(Show("rescue")), "order")).Output.ShouldBe("rescue(order)");
        var skipped = Workflow.Chain("skip", Throw("a", new IOException()).OnFailure(FailurePolicy.GoTo("END")), Append("b"));
        (await Run(skipped, "x")).Visited.ShouldBeEmpty();
    }

    [Fact]
    public async Task Usage_OfFailedAttempts_Counts()
    {
        var attempts = 0;
        var step = Step.Of((string text) =>
        {
            StepScope.Current!.Usage.Add(new Usage(InputTokens: 10, ModelCalls: 1, Cost: 0.5m));
            return ++attempts < 3 ? throw new IOException("away") : Task.FromResult(text);
        }, "ask").WithRetry(new RetryPolicy { MaxAttempts = 3 });
        var nested = Workflow.Chain("outer", Workflow.Chain("inner", step), Append("x"));

        var result = await Run(nested, "x");

        (result.Usage.InputTokens, result.Usage.ModelCalls, result.Usage.Cost).ShouldBe((30, 3, 1.5m));
        result.History.Single(visit => visit.Node == "ask").Usage.InputTokens.ShouldBe(30);
    }
}
