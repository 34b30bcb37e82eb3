using System.Diagnostics;
using Loomflow.Benchmarks.Agents;
using Loomflow.Benchmarks.Steps;
using Loomflow.Benchmarks.Workflows;

namespace Loomflow.Benchmarks.Limits;

/// <summary>
/// The framework's costs beside the limits that were set for them, in a minute and on a machine that does other things too: the best
/// of many rounds in wall-clock time, processor time and bytes. BenchmarkDotNet gives the distributions of the same methods.
/// </summary>
internal static class EngineLimits
{
    private const int Rounds = 25;

    public static async Task RunAsync()
    {
        var workflows = new WorkflowBenchmarks();
        var agents = new AgentBenchmarks();
        var steps = new StepBenchmarks();
        agents.Setup();
        Console.WriteLine($"{"per step, branch or call",-44}{"limit",14}{"best wall",12}{"best CPU",12}{"bytes",9}");
        await MeasureAsync("chain of 10", "", 10, 1000, workflows.Chain_10);
        await MeasureAsync("chain of 100", "1 us, 500 B", 100, 100, workflows.Chain_100);
        await MeasureAsync("chain of 1,000", "flat", 1_000, 10, workflows.Chain_1000);
        await MeasureAsync("chain of 10,000", "flat", 10_000, 2, workflows.Chain_10000);
        await MeasureAsync("chain of 100, each step yields", "", 100, 50, workflows.Chain_100_Yielding);
        await MeasureAsync("chain of 100, signed audit, two entries", "8 us", 100 * 50, 1, workflows.Chain_100_Audited, workflows.NewLog);
        await MeasureAsync("Parallel of 100", "2 us", 100, 100, workflows.Parallel_100);
        await MeasureAsync("graph, fan-out to 100 and join", "4 us", 100, 100, workflows.FanOutAndJoin_100);
        await MeasureAsync("[Step] outside a run", "20 ns, 0 B", StepBenchmarks.Calls, 100, steps.StepOutsideRun);
        await MeasureAsync("the same call without [Step]", "", StepBenchmarks.Calls, 100, steps.PlainCall);
        await MeasureAsync("agent, echo model", "15 us", 1, 2_000, agents.Echo);
        await MeasureAsync("agent, echo model, signed audit", "", 1, 1_000, agents.EchoWithSignedAuditInMemory, agents.Setup);
        await MeasureAsync("agent, one tool call", "", 1, 1_000, agents.OneToolCall);
    }

    private static async Task MeasureAsync(string name, string limit, int perCall, int calls, Func<Task> call, Action? prepare = null)
    {
        var (wall, processor, bytes) = (double.MaxValue, double.MaxValue, double.MaxValue);
        double count = (double)perCall * calls;

        // Long enough for the compiler to have finished with what is hot.
        for (var until = Stopwatch.GetTimestamp() + Stopwatch.Frequency; Stopwatch.GetTimestamp() < until;)
        {
            prepare?.Invoke();
            await call();
        }

        for (var round = 0; round < Rounds; round++)
        {
            prepare?.Invoke();
            GC.Collect();
            var (allocated, used, started) = (GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            for (var i = 0; i < calls; i++) await call();
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(started).TotalNanoseconds / count);
            processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - used).TotalNanoseconds / count);
            bytes = Math.Min(bytes, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / count);
        }

        Console.WriteLine($"{name,-44}{limit,14}{Time(wall),12}{Time(processor),12}{bytes,9:0}");
    }

    private static string Time(double nanoseconds) => nanoseconds < 1000 ? $"{nanoseconds:0.0} ns" : $"{nanoseconds / 1000:0.00} us";
}
