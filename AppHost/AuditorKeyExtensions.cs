using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AppHost;

internal static class AuditorKeyExtensions
{
    /// <summary>What people read the audit log with, over HTTP. In Development anybody on the machine may, so there is none.</summary>
    public static IResourceBuilder<ProjectResource> WithAuditorKey(this IResourceBuilder<ProjectResource> builder)
    {
        var application = builder.ApplicationBuilder;
        return !application.ExecutionContext.IsPublishMode && application.Environment.IsDevelopment()
            ? builder
            : builder.WithEnvironment("Audit__AuditorKey", application.AddGeneratedSecret("auditor-key"));
    }
}
