namespace Loomflow.Aspire.AppHost;

internal static class AuditStorage
{
    /// <summary>The one place that the image's user may write to, so that a new volume belongs to that user.</summary>
    public const string VolumeTarget = "/home/app";

    private const string Volume = "audit-data";

    /// <summary>Where the audit service keeps its log: on a volume in a container; locally in <c>.loom/audit</c>, or what <c>Audit:Directory</c> names.</summary>
    public static IResourceBuilder<ProjectResource> WithAuditStorage(this IResourceBuilder<ProjectResource> builder)
    {
        var application = builder.ApplicationBuilder;
        if (application.ExecutionContext.IsPublishMode)
        {
            return builder
                .WithEnvironment("Audit__Directory", $"{VolumeTarget}/audit")
                .WithAnnotation(new ContainerMountAnnotation(Volume, VolumeTarget, ContainerMountType.Volume, isReadOnly: false));
        }

        var local = application.Configuration["Audit:Directory"] ?? Path.Combine("..", ".loom", "audit");
        return builder.WithEnvironment("Audit__Directory", Path.GetFullPath(local, application.AppHostDirectory));
    }
}
