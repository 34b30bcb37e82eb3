using System.Globalization;

namespace Aspire.Hosting.Kubernetes.Resources;

/// <summary>A port by number or by name.</summary>
public sealed class Int32OrStringV1(string value)
{
    public Int32OrStringV1(int value) : this(value.ToString(CultureInfo.InvariantCulture))
    {
    }

    internal string Value { get; } = value;
}
