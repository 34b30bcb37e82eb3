using System.Diagnostics;
using System.Globalization;

namespace Loomflow.Load;

/// <summary>Callers that do one thing again and again, side by side, and how long it took each time.</summary>
internal sealed class Load(IReadOnlyList<(string Name, int Id)> processes)
{
    /// <summary>Goes on for a while, or for a number of operations where one is given.</summary>
    public async Task<LoadResult> RunAsync(int callers, TimeSpan length, Func<int, Task> operation, int? operations = null)
    {
        var begun = 0;
        var before = CpuTimes.Of(processes);
        var clock = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (operations is null ? clock.Elapsed < length : Volatile.Read(ref begun) < operations)
            {
                var number = Interlocked.Increment(ref begun);
                if (number > operations) break;
                var start = Stopwatch.GetTimestamp();
                await operation(number);
                mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return mine;
        })));
        var elapsed = clock.Elapsed;
        return new LoadResult([.. times.SelectMany(mine => mine).Order()], elapsed, CpuTimes.Of(processes).Since(before));
    }
}

/// <param name="Times">Milliseconds of each operation, in ascending order.</param>
/// <param name="Elapsed">How long all of it took.</param>
/// <param name="Cpu">What the processes used.</param>
internal sealed record LoadResult(double[] Times, TimeSpan Elapsed, CpuTimes Cpu)
{
    public double PerSecond(int factor = 1) => factor * Times.Length / Elapsed.TotalSeconds;

    public double CpuPer(int factor = 1) => CpuTimes.Microseconds(Cpu.Total, factor * Times.Length);

    public double At(double quantile) => Times.Length == 0 ? double.NaN : Times[Math.Min((int)(Times.Length * quantile), Times.Length - 1)];

    public string Describe(string unit, int factor = 1) => string.Create(
        CultureInfo.InvariantCulture,
        $"{PerSecond(factor),8:0} {unit}/s  p50 {At(0.5),7:0.00} ms  p99 {At(0.99),7:0.00} ms  {Cpu.Per((long)factor * Times.Length)}");
}
