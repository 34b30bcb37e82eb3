using Loomflow.Aspire.AgentWorker.Execution;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AgentWorker.Tests.Agents;

/// <summary>Agents as a worker hosts them, with a model of the test's own.</summary>
internal static class Hosted
{
    public static Agent Agent(string name, IChatClient model, Action<IHostApplicationBuilder> host)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(model);
        builder.Services.AddGrpcClient<V1.Runs.RunsClient>(client => client.Address = new Uri("http://orchestrator.invalid"));
        host(builder);
        var services = builder.Services.BuildServiceProvider();
        return (Agent)services.GetServices<StepRegistration>().Single(registration => registration.Name == name).Create(services);
    }
}
