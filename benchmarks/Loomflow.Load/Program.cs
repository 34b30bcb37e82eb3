using Loomflow.Load;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine($"Usage: Loomflow.Load [seconds=4] [{string.Join("] [", Measurements.Names)}]");
    return;
}

var seconds = args.Select(arg => arg.Split('=')).Where(pair => pair is ["seconds", _]).Select(pair => double.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault(4);
var chosen = args.Where(arg => !arg.Contains('=')).ToArray();
await using var measurements = await Measurements.StartAsync(TimeSpan.FromSeconds(seconds));
await measurements.RunAsync(chosen.Length > 0 ? chosen : Measurements.Names);
