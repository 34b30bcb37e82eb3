using System.Text.Json;

namespace Loomflow.Aspire.Cli.Up;

/// <summary>One line of AppHost's report: what is known of one instance of a resource.</summary>
internal sealed record ResourceState(string Resource, string Instance, string? State, string? Health, int? ExitCode, IReadOnlyDictionary<string, string> Urls)
{
    private static readonly string[] s_neverReady = ["FailedToStart", "RuntimeUnhealthy", "ValueMissing"];
    private static readonly string[] s_ended = ["Exited", "Finished"];

    /// <summary>The end of its log, once it failed.</summary>
    public IReadOnlyList<string>? Log { get; init; }

    /// <summary>Running and healthy, or done with what it had to do.</summary>
    public bool IsReady => (State == "Running" && Health is null or "Healthy") || (HasEnded && ExitCode == 0);

    public bool HasFailed => s_neverReady.Contains(State) || (HasEnded && ExitCode != 0);

    private bool HasEnded => s_ended.Contains(State);

    public static ResourceState Parse(string line) => JsonSerializer.Deserialize<ResourceState>(line, JsonSerializerOptions.Web)!;

    public override string ToString()
    {
        var health = State == "Running" && Health is not null ? Health == "Healthy" ? ", healthy" : ", not healthy" : "";
        var end = ExitCode is { } code ? $" with exit code {code}" : "";
        return $"{State}{health}{end}";
    }
}
