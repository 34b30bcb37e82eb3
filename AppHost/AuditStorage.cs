namespace Loomflow.Aspire.AppHost;

internal static class AuditStorage
{
    public const string ContainerDirectory = "/var/lib/loomflow/audit";

    /// <summary>Where the audit service keeps its log: its volume in a container; locally <c>.loom/audit</c>, or what <c>Audit:Directory</c> names.</summary>
    public static string AuditDirectory(this IDistributedApplicationBuilder builder) => builder.ExecutionContext.IsPublishMode
        ? ContainerDirectory
        : Path.GetFullPath(builder.Configuration["Audit:Directory"] ?? Path.Combine("..", ".loom", "audit"), builder.AppHostDirectory);
}
