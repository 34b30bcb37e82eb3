using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Runs;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Pictures of workflows, for REST and gRPC.</summary>
internal static class WorkflowGraph
{
    public const string Svg = "svg";

    public static (string ContentType, string Content) Draw(WorkflowRegistry workflows, string name, string format)
    {
        var workflow = workflows.Get(name);
        return format switch
        {
            Svg => ("image/svg+xml", workflow.ToSvg()),
            "mermaid" => ("text/plain", workflow.ToMermaid()),
            "dot" => ("text/plain", workflow.ToDot()),
            _ => throw new RunRefusedException(RunRefusal.BadFormat, $"'{format}' is not a format: one of svg, mermaid, dot."),
        };
    }
}
