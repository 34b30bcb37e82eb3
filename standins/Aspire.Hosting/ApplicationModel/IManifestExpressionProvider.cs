namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that a publisher writes as a placeholder.</summary>
public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}
