namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What starts a run: <c>{"input": …, "userId": "alice"}</c>.</summary>
internal sealed record StartRunBody
{
    public Payload Input { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public Dictionary<string, string>? Metadata { get; init; }

    public string? ResponseTone { get; init; }

    public string? Memory { get; init; }

    public DateTimeOffset? StartAt { get; init; }
}

/// <summary>Where a fork begins: just before a visit to a node.</summary>
internal sealed record ForkBody(string From, int Visit = 1);

internal sealed record CancelBody(string? Reason);

internal sealed record SignalBody
{
    public Payload Data { get; init; }

    public string? Sender { get; init; }

    public string? SignalId { get; init; }
}

internal sealed record AnswerBody
{
    public required bool Approved { get; init; }

    public string? Responder { get; init; }

    public string? Comment { get; init; }

    public Payload Data { get; init; }

    public bool Remember { get; init; }
}

internal sealed record RunPage(IReadOnlyList<RunView> Runs, string? NextCursor);

internal sealed record WorkflowView(string Name, string Definition, string Input, string Output, IReadOnlyList<string> Nodes)
{
    public static WorkflowView Of(IWorkflow workflow) =>
        new(workflow.Name, workflow.DefinitionHash, workflow.InputType.Name, workflow.OutputType.Name, workflow.NodeNames);
}
