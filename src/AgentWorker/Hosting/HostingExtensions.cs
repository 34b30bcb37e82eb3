using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Models;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.AgentWorker.Hosting;

/// <summary>What a worker hosts.</summary>
internal static class HostingExtensions
{
    /// <summary>Hosts a step or an agent under a name; workflows reach it as <c>Step.Remote</c> or <c>Agents.Remote</c>.</summary>
    public static IHostApplicationBuilder AddStep(this IHostApplicationBuilder builder, string name, Func<IServiceProvider, Step> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.AddSingleton(new StepRegistration(name, create));
        return builder;
    }

    /// <inheritdoc cref="AddStep(IHostApplicationBuilder, string, Func{IServiceProvider, Step})"/>
    public static IHostApplicationBuilder AddStep<TIn, TOut>(this IHostApplicationBuilder builder, string name, Step<TIn, TOut> step) =>
        builder.AddStep(name, _ => step);

    /// <summary>Hosts an agent under a name, with the model that configuration names; see <see cref="ModelExtensions.AddModels"/>.</summary>
    public static IHostApplicationBuilder AddAgent(this IHostApplicationBuilder builder, string name, Func<IChatClient, IServiceProvider, Agent> create) =>
        builder.AddStep(name, services => create(services.GetRequiredService<IChatClient>(), services));
}
