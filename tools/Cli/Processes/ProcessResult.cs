namespace Loomflow.Aspire.Cli.Processes;

internal sealed record ProcessResult(int ExitCode, IReadOnlyList<string> Output);
