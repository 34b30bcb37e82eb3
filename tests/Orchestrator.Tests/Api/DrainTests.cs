using System.Net;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>An orchestrator that is told to stop says so before it does, and gives back what it cannot finish.</summary>
public sealed class DrainTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_TurnsReadinessFirst_AndFinishesWhatEndsInTime()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = Workflow.Chain("slow", Step.Of(async (string text) =>
        {
            entered.TrySetResult();
            await letGo.Task;
            return text;
        }, "hold"));
        await using var host = await ApiHost.StartAsync(_redis, [slow], ("Running:DrainTimeout", "00:01:00"));
        await UntilHealthIsAsync(host, HttpStatusCode.OK);
        var run = await host.StartRunAsync("slow", "x", Cancelled);
        await entered.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);

        var stopping = host.StopAsync();

        // The server still answers while the step goes on: not ready, but alive, and with everything about its runs.
        await UntilHealthIsAsync(host, HttpStatusCode.ServiceUnavailable);

        using (var alive = await host.Http.GetAsync("/alive", Cancelled)) alive.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync($"/runs/{run}", Cancelled)).GetProperty("status").GetString().ShouldBe("running");
        stopping.IsCompleted.ShouldBeFalse();

        letGo.SetResult();
        await stopping.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        await using var next = await ApiHost.StartAsync(_redis, [slow]);
        (await next.UntilAsync(run, "completed", Cancelled)).GetProperty("output").GetString().ShouldBe("x");
    }

    [Fact]
    public async Task Stop_WithAStepThatDoesNotEndInTime_HandsTheRunBack()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        var slow = Workflow.Chain("slow", Step.Of(async (string text, CancellationToken cancellationToken) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return text;
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return text;
        }, "hold"));
        var run = "";
        await using (var host = await ApiHost.StartAsync(_redis, [slow], ("Running:Lease", "00:10:00")))
        {
            run = await host.StartRunAsync("slow", "x", Cancelled);
            await entered.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
            await host.StopAsync();
        }

        // Long before the lease would have ended.
        await using var next = await ApiHost.StartAsync(_redis, [slow], ("Running:Lease", "00:10:00"));
        (await next.UntilAsync(run, "completed", Cancelled)).GetProperty("output").GetString().ShouldBe("x");
    }

    private static async Task UntilHealthIsAsync(ApiHost host, HttpStatusCode expected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var health = await host.Http.GetAsync("/health", limit.Token);
            if (health.StatusCode == expected) return;
        }
    }
}
