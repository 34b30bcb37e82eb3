using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.Workload.Effects;

namespace Loomflow.Aspire.Workload.Workflows;

/// <summary>Workflows to load and to break the system with.</summary>
internal static class WorkloadWorkflows
{
    private static readonly int[] s_lengths = [1, 10, 100, 1_000, 5_000];

    public static IServiceCollection AddWorkloadWorkflows(this IServiceCollection services)
    {
        foreach (var length in s_lengths) services.AddWorkflow(EchoChain(length));
        services.AddWorkflow(Workflow.Chain("wait", Waits.Approval<string>("agree")));
        services.AddWorkflow(Workflow.Chain("slow", Step.Remote<string, string>("slow")));
        services.AddWorkflow(Workflow.Chain("delivery", Local("pack"), Step.Remote<string, string>("parcel"), Local("sign")));
        services.AddWorkflow(Workflow.Chain("measure", Step.Remote<string, int>("measure")));
        services.AddWorkflow(Orders());
        services.AddWorkflow(Payments());
        return services;
    }

    /// <summary>Remote steps that do nothing, one after the other.</summary>
    private static Workflow<string, string> EchoChain(int length)
    {
        var chain = Workflow.Chain<string>($"echo{length}").Then(Step.Remote<string, string>("echo"));
        for (var i = 2; i <= length; i++) chain = chain.Then(Step.Remote<string, string>("echo"));
        return chain.Build(new WorkflowOptions { MaxSteps = Math.Max(100, length) });
    }

    /// <summary>Steps here and on workers, side by side and one after the other, an agent and a child run; each leaves its mark in the world.</summary>
    private static Workflow<string, string> Orders() => Workflow.Chain<string>("orders")
        .Then(Local("validate"))
        .Then(Workflow.Parallel("prepare", [Step.Remote<string, string>("reserve"), Step.Remote<string, string>("price"), Local("greet")], parts => string.Join('+', parts)))
        .Then(Agents.Remote("buyer"))
        .Then(Step.Remote<string, string>("ship"))
        .Then(Local("close"))
        .Build();

    /// <summary>What the agent of <see cref="Orders"/> calls as a tool.</summary>
    private static Workflow<string, string> Payments() => Workflow.Chain<string>("payment")
        .Then(Local("debit"))
        .Then(Step.Remote<string, string>("receipt"))
        .Build();

    private static Step<string, string> Local(string name) => Step.Of((string order) =>
    {
        EffectLog.Carry(StepScope.Current!.IdempotencyKey);
        return Task.FromResult(order);
    }, name);
}
