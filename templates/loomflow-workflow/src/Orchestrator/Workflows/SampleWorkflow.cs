namespace RootNamespace.Workflows;

/// <summary>Steps one after the other. A step can also be an agent, <c>Agents.Remote("…")</c>, or another workflow.</summary>
internal static class SampleWorkflow
{
    public static IWorkflow Create() => Workflow.Chain<string>("sample_key").Then(Validate).Then(Execute).Build();

    private static Task<string> Validate(string request) => string.IsNullOrWhiteSpace(request)
        ? throw new ArgumentException("The request is empty.")
        : Task.FromResult(request.Trim());

    private static Task<string> Execute(string request) => Task.FromResult($"Done: {request}");
}
