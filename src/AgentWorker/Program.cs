using Loomflow.Aspire.AgentWorker.Agents;
using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.ServiceDefaults;

if (args is [HealthProbe.Name, var url]) return await HealthProbe.RunAsync(url, Console.Out);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddAgentWorker();
builder.AddSupportAgents();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapAgentWorker();
app.Run();
return 0;
