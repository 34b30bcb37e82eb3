namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>One visit to one node as the API shows it.</summary>
internal sealed record NodeVisitView(
    string Node,
    string Path,
    int Visit,
    int Attempts,
    RunStatus Status,
    Payload Output,
    Failure? Failure,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt)
{
    public static NodeVisitView Of(NodeVisit visit) =>
        new(visit.Node, visit.Path, visit.Visit, visit.Attempts, visit.Status, visit.Output, visit.Failure, visit.StartedAt, visit.EndedAt);
}
