using Loomflow.Aspire.Orchestrator.ApiKeys;
using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.Orchestrator.Workflows;
using Loomflow.Aspire.ServiceDefaults;

if (args is [HealthProbe.Name, var url]) return await HealthProbe.RunAsync(url, Console.Out);
if (args is [KeysCommand.Name, .. var arguments]) return await KeysCommand.RunAsync(arguments, Console.Out, Console.Error, CancellationToken.None);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddOrchestrator();
builder.Services.AddWorkflow(SupportWorkflow.Create());
builder.Services.AddWorkflow(RefundFlow.Create());

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapOrchestrator();
app.Run();
return 0;
