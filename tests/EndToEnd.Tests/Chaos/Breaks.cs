namespace Loomflow.Aspire.EndToEnd.Tests.Chaos;

/// <summary>Breaks one thing after the other and mends it again, each kind once a round, in an order and at moments that the seed decides.</summary>
internal sealed class Breaks(Topology system, Random random)
{
    private const string StandStill = "freeze orchestrator";

    private readonly List<string> _done = [];

    /// <summary>What was broken, in order.</summary>
    public IReadOnlyList<string> Done => _done;

    /// <summary>How often an orchestrator stood still.</summary>
    public int StoodStill => _done.Count(name => name == StandStill);

    public async Task RunAsync(int rounds, CancellationToken cancellationToken)
    {
        for (var round = 0; round < rounds; round++)
        {
            (string Name, Func<Task> Break)[] breaks =
            [
                ("kill worker", () => KillAsync(Any(system.Workers), cancellationToken)),
                ("kill orchestrator", () => KillAsync(Any(system.Orchestrators), cancellationToken)),
                ("kill audit service", () => KillAsync(system.Audit, cancellationToken)),
                ("kill redis", () => system.Redis.RestartAsync()),
                (StandStill, () => FreezeAsync(Any(system.Orchestrators), cancellationToken)),
                ("cut wire", () => CutAsync(cancellationToken)),
            ];
            random.Shuffle(breaks);
            foreach (var (name, one) in breaks)
            {
                await Task.Delay(random.Next(100, 1_500), cancellationToken);
                _done.Add(name);
                await one();
            }
        }
    }

    private T Any<T>(IReadOnlyList<T> things) => things[random.Next(things.Count)];

    private static async Task KillAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        await service.KillAsync();
        await service.StartAsync(cancellationToken);
    }

    /// <summary>Longer than the lease, so that its runs are taken over before it wakes.</summary>
    private static async Task FreezeAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        service.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
        service.Thaw();
    }

    /// <summary>Whatever is streaming from any worker right now, three times in a row.</summary>
    private async Task CutAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 3; i++)
        {
            foreach (var wire in system.Wires) wire.Cut();
            await Task.Delay(random.Next(20, 300), cancellationToken);
        }
    }
}
