namespace Aspire.Hosting.ApplicationModel;

public sealed class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    public string Key { get; } = key;
}
