using Loomflow.Aspire.AuditService;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Aspire.ServiceDefaults;

if (args is [HealthProbe.Name, var url]) return await HealthProbe.RunAsync(url, Console.Out);
if (args is [VerifyCommand.Name, .. var arguments]) return await VerifyCommand.RunAsync(arguments, Console.Out, CancellationToken.None);
if (args is [RotateCommand.Name, .. var rotation]) return await RotateCommand.RunAsync(rotation, Console.Out, CancellationToken.None);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddAuditLog();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapAuditApi();
app.Run();
return 0;
