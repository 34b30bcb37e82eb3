using Loomflow.Aspire.AuditService;
using Loomflow.Aspire.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddAuditLog();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapAuditApi();
app.Run();
