namespace Loomflow.Aspire.Cli.Testing;

/// <summary>What a run of tests came to.</summary>
internal sealed record TestOutcome(int Passed, int Failed, int Skipped)
{
    public IReadOnlyList<FailedTest> Failures { get; init; } = [];

    public IReadOnlyList<string> SkipReasons { get; init; } = [];

    public override string ToString() => $"{Passed} passed, {Failed} failed{(Skipped > 0 ? $", {Skipped} skipped" : "")}";
}
