namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something whose value is made of other resources.</summary>
public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}
