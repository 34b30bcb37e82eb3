namespace Aspire.Hosting.ApplicationModel;

public enum ResourceAnnotationMutationBehavior
{
    /// <summary>Adds the annotation to those that are there.</summary>
    Append,

    /// <summary>Takes the place of every annotation of the same type.</summary>
    Replace,
}
