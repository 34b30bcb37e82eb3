using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.Workload.Echo;
using Loomflow.Aspire.Workload.Leaks;
using Loomflow.Aspire.Workload.Steps;
using Loomflow.Aspire.Workload.Workflows;

// As the Program.cs of the two services, each with the workload instead of the samples; and a bare gRPC service to compare with.
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
switch (args)
{
    case ["orchestrator"]:
        builder.AddOrchestrator();
        builder.Services.AddWorkloadWorkflows().AddTracedWorkflows().AddLeakyWorkflows();
        break;
    case ["worker"]:
        builder.AddAgentWorker();
        TracedMemory.Add(builder.AddWorkloadSteps().AddTracedSteps().AddLeakySteps());
        break;
    case ["echo"]:
        builder.Services.AddGrpc();
        break;
    default:
        Console.Error.WriteLine("Usage: Workload orchestrator | worker | echo");
        return 2;
}

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapGet("/heap", () => GC.GetTotalMemory(forceFullCollection: true)).AllowAnonymous();
switch (args[0])
{
    case "orchestrator":
        app.MapOrchestrator();
        break;
    case "worker":
        app.MapAgentWorker();
        break;
    default:
        app.MapGrpcService<EchoService>().AllowAnonymous();
        break;
}

app.Run();
return 0;
