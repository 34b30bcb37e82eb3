namespace Loomflow.Aspire.Cli.Testing;

internal sealed record FailedTest(string Name, string Message);
