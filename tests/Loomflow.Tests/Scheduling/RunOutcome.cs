namespace Loomflow.Tests.Scheduling;

/// <summary>What two runs of the same graph must have in common.</summary>
internal static class RunOutcome
{
    public static string Of(RunState state) => state.Status == RunStatus.Capped
        ? "capped"
        : string.Join('\n', state.History.Where(visit => visit.Definition.Step.Kind != StepKind.Map)
            .Select(visit => $"{visit.Path}#{visit.Visit}~{visit.Attempts} {visit.Status} {visit.Input} => {visit.Output}")
            .Order(StringComparer.Ordinal)
            .Prepend($"{state.Status} {state.Output} {state.Failure?.Message}"));
}
