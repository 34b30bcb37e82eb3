using BenchmarkDotNet.Attributes;

namespace Loomflow.Benchmarks.Steps;

/// <summary>What <see cref="StepAttribute"/> costs where there is no run: what unit tests and plain callers pay.</summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    internal const int Calls = 1_000;
    private static readonly Task<int> s_done = Task.FromResult(1);

    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public async Task PlainCall()
    {
        for (var i = 0; i < Calls; i++) await Plain(i);
    }

    [Benchmark(OperationsPerInvoke = Calls)]
    public async Task StepOutsideRun()
    {
        for (var i = 0; i < Calls; i++) await Marked(i);
    }

    private static Task<int> Plain(int value) => value < 0 ? Task.FromResult(value) : s_done;

    [Step]
    private static Task<int> Marked(int value) => value < 0 ? Task.FromResult(value) : s_done;
}
