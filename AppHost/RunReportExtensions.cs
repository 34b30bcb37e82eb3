using Microsoft.Extensions.DependencyInjection;

namespace Loomflow.Aspire.AppHost;

internal static class RunReportExtensions
{
    /// <summary>Writes the report to the file that the configuration key <c>report</c> names, if it names one.</summary>
    public static void AddRunReport(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration["report"] is not { Length: > 0 } path) return;

        builder.Services.AddHostedService(services => new RunReport(
            path, services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>()));
    }
}
