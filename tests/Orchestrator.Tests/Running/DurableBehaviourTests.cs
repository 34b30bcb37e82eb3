using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Behaviour;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>The engine of orchestrators, on a real Redis.</summary>
public sealed class DurableBehaviourTests(RedisFixture fixture) : EngineBehaviour
{
    protected override Task<IEngine> StartAsync() => Task.FromResult<IEngine>(new Durable(fixture.Redis.NewDatabase()));

    private sealed class Durable(string redis) : IEngine
    {
        private readonly InMemoryAuditLog _audit = new();
        private Replica? _replica;

        public async Task<IEngineRun> StartAsync<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input)
        {
            _replica = await Replica.StartAsync(redis, _audit, TimeSpan.FromSeconds(5), workflow);
            var run = await _replica.Runs.StartAsync(new StartRun { Workflow = workflow.Name, Input = Payload.Of(input), UserId = "alice" });
            return new Run(_replica, run.Header.Run.RunId);
        }

        public async ValueTask DisposeAsync()
        {
            if (_replica is not null) await _replica.DisposeAsync();
            _audit.Dispose();
        }
    }

    private sealed class Run(Replica replica, string runId) : IEngineRun
    {
        public async Task<IReadOnlyList<RunEvent>> EventsAsync()
        {
            var events = new List<RunEvent>();
            await foreach (var runEvent in replica.FollowAsync(runId, TestContext.Current.CancellationToken)) events.Add(runEvent);
            return events;
        }

        public Task SignalAsync(string name, object? data) => replica.Runs.SignalAsync(Replica.Service, runId, new SignalReceived { Name = name, Data = Payload.Of(data) });

        public async Task<ApprovalRequest> NextApprovalAsync()
        {
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            while (true)
            {
                if ((await replica.Approvals.OpenAsync(Replica.Service, runId)).FirstOrDefault() is { } open) return open;
                await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }

        public Task AnswerAsync(string approvalId, ApprovalDecision decision) => replica.Approvals.AnswerAsync(Replica.Service, runId, approvalId, decision);

        public Task CancelAsync(string reason) => replica.Runs.CancelAsync(Replica.Service, runId, reason);
    }
}
