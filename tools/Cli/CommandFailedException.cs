namespace Loomflow.Aspire.Cli;

/// <summary>Ends a command: what failed, where, and the way out, after the last lines of the log that shows it.</summary>
internal sealed class CommandFailedException(string message, IEnumerable<string>? tail = null) : Exception(message)
{
    private const int TailLength = 30;

    public IReadOnlyList<string> Tail { get; } = [.. (tail ?? []).TakeLast(TailLength)];
}
