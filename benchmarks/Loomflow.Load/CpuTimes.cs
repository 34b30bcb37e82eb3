using System.Globalization;

namespace Loomflow.Load;

/// <summary>The processor time that processes have used, as the kernel counts it: <c>utime</c> and <c>stime</c> of /proc/[pid]/stat, proc(5).</summary>
internal sealed class CpuTimes
{
    /// <summary>USER_HZ, which is 100 wherever .NET runs on Linux.</summary>
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<string, TimeSpan> _byName;

    private CpuTimes(Dictionary<string, TimeSpan> byName) => _byName = byName;

    public TimeSpan Total => _byName.Values.Aggregate(TimeSpan.Zero, (sum, time) => sum + time);

    public static CpuTimes Of(IEnumerable<(string Name, int Id)> processes) =>
        new(processes.GroupBy(process => process.Name).ToDictionary(same => same.Key, same => same.Aggregate(TimeSpan.Zero, (sum, process) => sum + Read(process.Id))));

    /// <summary>What was used since an earlier reading.</summary>
    public CpuTimes Since(CpuTimes earlier) => new(_byName.ToDictionary(pair => pair.Key, pair => pair.Value - earlier._byName[pair.Key]));

    /// <summary>Microseconds per operation, in all and by process.</summary>
    public string Per(long operations) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Microseconds(Total, operations):0} us CPU ({string.Join(", ", _byName.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {Microseconds(pair.Value, operations):0}")))})");

    public static double Microseconds(TimeSpan time, long operations) => time.TotalMicroseconds / Math.Max(operations, 1);

    private static TimeSpan Read(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        // The second field is the name in parentheses, and may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return s_tick * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture));
    }
}
