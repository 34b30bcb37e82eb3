using YamlDotNet.RepresentationModel;

namespace Loomflow.Aspire.AppHost.Tests.Deployment;

/// <summary>Children by name; what is not there is empty.</summary>
internal static class YamlExtensions
{
    public static YamlMappingNode Map(this YamlNode node, string key) => Child(node, key) as YamlMappingNode ?? [];

    public static IEnumerable<YamlNode> List(this YamlNode node, string key) => Child(node, key) as YamlSequenceNode ?? [];

    public static string Text(this YamlNode node, string key) => Child(node, key)?.ToString() ?? "";

    private static YamlNode? Child(YamlNode node, string key) => node is YamlMappingNode map && map.Children.TryGetValue(key, out var value) ? value : null;
}
