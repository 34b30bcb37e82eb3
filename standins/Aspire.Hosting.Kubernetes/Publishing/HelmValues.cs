using System.Text.RegularExpressions;

namespace Aspire.Hosting.Kubernetes.Publishing;

/// <summary>What <c>values.yaml</c> holds, by section and resource, and the expressions that read it.</summary>
internal sealed partial class HelmValues
{
    public const string Parameters = "parameters";
    public const string Secrets = "secrets";
    public const string Config = "config";

    public Dictionary<string, Dictionary<string, Dictionary<string, object>>> Sections { get; } = new() { [Parameters] = [], [Secrets] = [], [Config] = [] };

    /// <summary>Adds a value, unless it is there, and gives the expression that reads it.</summary>
    public string Add(string section, string resource, string key, object value)
    {
        var (owner, name) = (resource.Replace('-', '_'), key.Replace('-', '_'));
        if (!Sections[section].TryGetValue(owner, out var values)) Sections[section][owner] = values = [];
        values.TryAdd(name, value);
        return $"{{{{ .Values.{section}.{owner}.{name} }}}}";
    }

    public static bool HasSecret(string text) => SecretExpression().IsMatch(text);

    [GeneratedRegex(@"\{\{ \.Values\.secrets\.")]
    private static partial Regex SecretExpression();
}
