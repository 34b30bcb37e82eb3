namespace Aspire.Hosting.ApplicationModel;

/// <summary>A change of one instance of a resource; replicas share the resource and differ in the id.</summary>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}
