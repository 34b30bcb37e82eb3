namespace Aspire.Hosting.ApplicationModel;

/// <summary>A part of the application: a project, a container, a parameter.</summary>
public interface IResource
{
    string Name { get; }

    ResourceAnnotationCollection Annotations { get; }
}
