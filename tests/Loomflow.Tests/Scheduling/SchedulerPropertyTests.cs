using FsCheck;
using FsCheck.Fluent;

namespace Loomflow.Tests.Scheduling;

/// <summary>What holds for every graph and every order of events.</summary>
public class SchedulerPropertyTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true);

    [Fact]
    public void AnyOrderOfEvents_GivesTheSameResult() => Check.One(s_config, Prop.ForAll<int, byte>((seed, size) =>
    {
        var graph = RandomGraph.Make(seed, Size(size), waits: true).Graph;
        var first = Run(graph, 0);
        for (var order = 1; order < 6; order++) RunOutcome.Of(Run(graph, order).State).ShouldBe(RunOutcome.Of(first.State));
        return true;
    }));

    [Fact]
    public void FoldingTheSameEventsAgain_GivesTheSameState() => Check.One(s_config, Prop.ForAll<int, byte>((seed, size) =>
    {
        var graph = RandomGraph.Make(seed, Size(size), waits: true).Graph;
        var run = Run(graph, seed);
        var again = new RunState(graph);
        foreach (var e in Journaled(run.Journal)) again.Apply(e);
        RunOutcome.Of(again).ShouldBe(RunOutcome.Of(run.State));
        again.Completed.Select(visit => visit.Path).ShouldBe(run.State.Completed.Select(visit => visit.Path));
        return true;
    }));

    [Fact]
    public void StoppingAnywhereAndGoingOn_GivesTheSameResult() => Check.One(s_config.WithMaxTest(60), Prop.ForAll<int, byte>((seed, size) =>
    {
        var graph = RandomGraph.Make(seed, Size(size), waits: true).Graph;
        var whole = Run(graph, seed);
        for (var length = 1; length < whole.Journal.Count; length++)
        {
            var resumed = new Simulation(graph, seed + length, Journaled(whole.Journal.Take(length))).Resumed();
            resumed.Run();
            RunOutcome.Of(resumed.State).ShouldBe(RunOutcome.Of(whole.State), $"after event {length} of {whole.Journal.Count}");
        }

        return true;
    }));

    private static int Size(byte size) => 1 + (size % 9);

    private static Simulation Run(Graph graph, int order)
    {
        var run = new Simulation(graph, order);
        run.Run();
        return run;
    }

    /// <summary>As a journal in another process has them.</summary>
    private static List<RunEvent> Journaled(IEnumerable<RunEvent> events) => [.. events.Select(e => RunEventJson.Read(RunEventJson.Write(e)))];
}
