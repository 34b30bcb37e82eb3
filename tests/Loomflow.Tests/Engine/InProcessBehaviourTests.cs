using Loomflow.Behaviour;

namespace Loomflow.Tests.Engine;

/// <summary>The engine of a plain program.</summary>
public sealed class InProcessBehaviourTests : EngineBehaviour
{
    protected override Task<IEngine> StartAsync() => Task.FromResult<IEngine>(new InProcess());

    private sealed class InProcess : IEngine
    {
        public Task<IEngineRun> StartAsync<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input)
        {
            var handle = new RunHandle();
            var options = new RunOptions { UserId = "alice", RunId = handle.RunId, Approvals = handle, Attached = handle };
            return Task.FromResult<IEngineRun>(new Run(handle, WatchAsync(workflow.StreamAsync(input, options))));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async Task<IReadOnlyList<RunEvent>> WatchAsync(IAsyncEnumerable<RunUpdate> updates)
        {
            var events = new List<RunEvent>();
            try
            {
                await foreach (var update in updates)
                {
                    if (update.Event is { } runEvent) events.Add(runEvent);
                }
            }
            catch (Exception) when (events.Count > 0 && events[^1].IsTerminal)
            {
                // What ended the run is thrown after its terminal event, which says the same.
            }

            return events;
        }
    }

    private sealed class Run(RunHandle handle, Task<IReadOnlyList<RunEvent>> events) : IEngineRun
    {
        public Task<IReadOnlyList<RunEvent>> EventsAsync() => events;

        public Task SignalAsync(string name, object? data)
        {
            handle.Signal(name, data);
            return Task.CompletedTask;
        }

        public Task<ApprovalRequest> NextApprovalAsync() => handle.NextApprovalAsync(TestContext.Current.CancellationToken);

        public Task AnswerAsync(string approvalId, ApprovalDecision decision)
        {
            handle.Answer(approvalId, decision).ShouldBeTrue();
            return Task.CompletedTask;
        }

        public Task CancelAsync(string reason)
        {
            handle.Cancel(reason);
            return Task.CompletedTask;
        }
    }
}
