using System.Text.Json;
using Loomflow.Aspire.Orchestrator.Extensions;

namespace Loomflow.Aspire.Workload.Leaks;

/// <summary>Workflows that say secrets wherever a workflow can say anything: for a test that looks for them everywhere else.</summary>
internal static class LeakyWorkflows
{
    public static IServiceCollection AddLeakyWorkflows(this IServiceCollection services)
    {
        services.AddWorkflow(Workflow.Chain<JsonElement>("leaky")
            .Then(Step.Of((JsonElement input) => Task.FromResult($"{input} {Leak.Text}"), "take"))
            .Then(Step.Remote<string, string>("leak"))
            .Then(Waits.Signal<string, JsonElement>("go"))
            .Then(Step.Of((JsonElement signal) => Task.FromResult($"{signal} {Leak.Text}"), "between"))
            .Then(Agents.Remote("leaker"))
            .Then(Waits.Approval<string>("agree", new ApprovalOptions { Title = $"Is it {Leak.Text}?" }))
            .Then(Step.Of((Approval<string> answer) => Leak.Throw(answer.Comment ?? ""), "stumble").OnFailure(FailurePolicy.ContinueWith(failure => failure.Message)))
            .Then(Step.Of((string text) => Task.FromResult($"{text} {Leak.Text}"), "close"))
            .Build());
        services.AddWorkflow(Workflow.Chain("leaky_failure", Step.Remote<string, string>("stumble"), Step.Of((string text) => Task.FromResult(text), "never")));
        return services;
    }
}
