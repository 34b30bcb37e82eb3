using System.ComponentModel;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What starts a run: <c>{"input": …, "userId": "alice"}</c>.</summary>
internal sealed record StartRunBody
{
    [Description("The input, as the workflow takes it.")]
    public Payload Input { get; init; }

    [Description("Whose run it is; absent for an anonymous run.")]
    public string? UserId { get; init; }

    [Description("The conversation that it belongs to; a new one unless given.")]
    public string? SessionId { get; init; }

    [Description("Free text pairs that steps can read.")]
    public Dictionary<string, string>? Metadata { get; init; }

    [Description("The tone of agents that have none of their own.")]
    public string? ResponseTone { get; init; }

    [Description("The name of the memory of agents that have none of their own; the workflow's unless given.")]
    public string? Memory { get; init; }

    [Description("When to start; absent for at once.")]
    public DateTimeOffset? StartAt { get; init; }
}

/// <summary>Where a fork begins: just before a visit to a node.</summary>
internal sealed record ForkBody(
    [property: Description("The node's path, for example 'billing' or 'inner/authorize'.")] string From,
    [property: Description("Which visit to it, from 1.")] int Visit = 1);

internal sealed record CancelBody([property: Description("Why, in words.")] string? Reason);

internal sealed record SignalBody
{
    [Description("What it carries.")]
    public Payload Data { get; init; }

    [Description("The sender's own id for it: a second signal with the same id is ignored.")]
    public string? SignalId { get; init; }
}

internal sealed record AnswerBody
{
    [Description("Yes or no.")]
    public required bool Approved { get; init; }

    [Description("Who answers.")]
    public string? Responder { get; init; }

    [Description("Why, in words.")]
    public string? Comment { get; init; }

    [Description("Replaces what was asked about, for example edited tool arguments; absent to leave it as it is.")]
    public Payload Data { get; init; }

    [Description("Give the same answer to the same question for the rest of the run.")]
    public bool Remember { get; init; }
}

internal sealed record RunPage(
    IReadOnlyList<RunView> Runs,
    [property: Description("Where the next page begins; absent after the last one. With a filter a page can be short and not the last.")] string? NextCursor);

internal sealed record WorkflowView(string Name, string Definition, string Input, string Output, IReadOnlyList<string> Nodes)
{
    public static WorkflowView Of(IWorkflow workflow) =>
        new(workflow.Name, workflow.DefinitionHash, workflow.InputType.Name, workflow.OutputType.Name, workflow.NodeNames);
}
