using FsCheck;
using FsCheck.Fluent;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Scheduling;

/// <summary>The real engines do on every graph what the pure core says, and go on from every point of a journal.</summary>
public class EnginePropertyTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true);

    [Fact]
    public void EngineInProcess_GivesTheResultOfTheCore() => Check.One(s_config, Prop.ForAll<int, byte>((seed, size) =>
    {
        var workflow = RandomGraph.Make(seed, 1 + (size % 9), waits: false);
        InProcess(workflow).GetAwaiter().GetResult().ShouldBe(Simulated(workflow));
        return true;
    }));

    [Fact]
    public void EngineWithAJournal_StoppedAnywhere_GivesTheResultOfTheCore() => Check.One(s_config.WithMaxTest(25), Prop.ForAll<int, byte>((seed, size) =>
    {
        var workflow = RandomGraph.Make(seed, 1 + (size % 7), waits: false);
        var expected = Simulated(workflow);
        var whole = new Journal();
        Drive(workflow, whole).GetAwaiter().GetResult();
        for (var length = 0; length <= whole.Events.Count; length++)
        {
            var rest = new Journal(whole.Events.Take(length));
            Drive(workflow, rest).GetAwaiter().GetResult();
            RunOutcome.Of(rest.Fold(workflow)).ShouldBe(expected, $"after event {length} of {whole.Events.Count}");
        }

        return true;
    }));

    [Fact]
    public async Task CancelledRun_StoppedAnywhere_EndsCancelled()
    {
        var begun = new TaskCompletionSource();
        var workflow = Workflow.Parallel("cancelled", [Workflow.Chain("nested", Hang("a", begun), Append("after")), Hang("b")]);
        var whole = new Journal();
        var execution = whole.Execution(workflow);
        var driving = execution.DriveAsync();
        await begun.Task;
        execution.Cancel("enough");
        (await driving).Kind.ShouldBe(RunStopKind.Ended);
        var stopping = whole.Events.FindIndex(e => RunEventJson.Read(e) is RunStopping);

        for (var length = stopping + 1; length < whole.Events.Count; length++)
        {
            var rest = new Journal(whole.Events.Take(length));
            await Drive(workflow, rest);
            rest.Fold(workflow).Status.ShouldBe(RunStatus.Cancelled, $"after event {length} of {whole.Events.Count}");
        }
    }

    private static async Task<string> InProcess(Workflow<object?, object?> workflow)
    {
        try
        {
            var (_, state) = await InProcessEngine.RunAsync(workflow, workflow.Graph, Payload.Of("in"), RunOptions.Default, stream: null, Token);
            return RunOutcome.Of(state);
        }
        catch (WorkflowCapException)
        {
            return "capped";
        }
    }

    private static string Simulated(Workflow<object?, object?> workflow)
    {
        var simulation = new Simulation(workflow.Graph, 0);
        simulation.Run();
        return RunOutcome.Of(simulation.State);
    }

    private static async Task Drive(IWorkflow workflow, Journal journal)
    {
        while (true)
        {
            var stop = await journal.Execution(workflow).DriveAsync();
            if (stop.Kind == RunStopKind.Ended) return;

            // A pause between two attempts: a host looks again when it is over.
            stop.DueAt.ShouldNotBeNull();
            var wait = stop.DueAt.Value - DateTimeOffset.UtcNow;
            if (wait > TimeSpan.Zero) await Task.Delay(wait, Token);
        }
    }

    /// <summary>A journal as another process has it: nothing but JSON.</summary>
    private sealed class Journal(IEnumerable<byte[]>? events = null) : IRunEventWriter
    {
        private readonly RunIdentity _run = new() { RunId = "run_1", Name = "root", SessionId = "sess_1" };

        public List<byte[]> Events { get; } = [.. events ?? []];

        public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
        {
            lock (Events)
            {
                runEvent.Stamp(_run, Events.Count + 1, DateTimeOffset.UtcNow);
                Events.Add(RunEventJson.Write(runEvent));
                return new ValueTask<RunEvent>(runEvent);
            }
        }

        public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public RunExecution Execution(IWorkflow workflow) =>
            new(workflow, new RunContext { Run = _run, Events = this }, Payload.Of("in"), [.. Events.Select(e => RunEventJson.Read(e))], Token);

        public RunState Fold(IWorkflow workflow)
        {
            var state = new RunState(workflow.Graph);
            foreach (var e in Events) state.Apply(RunEventJson.Read(e));
            return state;
        }
    }
}
