namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What callers are told of a run's status, and ask for: its name in small letters.</summary>
internal static class RunStatusName
{
    public static string Of(RunStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>The status of that name; none for no name.</summary>
    /// <exception cref="RunRefusedException">No status has that name.</exception>
    public static RunStatus? Read(string? name)
    {
        if (string.IsNullOrEmpty(name)) return null;
        return Enum.GetValues<RunStatus>().Cast<RunStatus?>().FirstOrDefault(known => string.Equals(Of(known!.Value), name, StringComparison.OrdinalIgnoreCase))
            ?? throw new RunRefusedException(RunRefusal.BadStatus, $"'{name}' is not a status: one of {string.Join(", ", Enum.GetValues<RunStatus>().Select(Of))}.");
    }
}
