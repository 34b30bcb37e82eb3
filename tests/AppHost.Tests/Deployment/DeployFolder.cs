using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace Loomflow.Aspire.AppHost.Tests.Deployment;

/// <summary>Reads what <c>deploy/</c> holds.</summary>
internal static class DeployFolder
{
    public static string Path { get; } = Find();

    public static IReadOnlyList<DeployedService> Read(string target) => target == "compose" ? ReadCompose() : ReadKubernetes();

    /// <summary>Every object that the kustomization lists, whichever file it is in.</summary>
    public static IReadOnlyList<YamlMappingNode> KubernetesObjects()
    {
        var folder = System.IO.Path.Combine(Path, "kubernetes");
        var kustomization = Documents(System.IO.Path.Combine(folder, "kustomization.yaml")).Single();
        return [.. kustomization.List("resources").SelectMany(file => Documents(System.IO.Path.Combine(folder, file.ToString())))];
    }

    private static IReadOnlyList<DeployedService> ReadCompose()
    {
        // Anchors and merge keys are resolved on the way.
        var parser = new MergingParser(new Parser(new StringReader(File.ReadAllText(System.IO.Path.Combine(Path, "compose.yaml")))));
        var text = new SerializerBuilder().Build().Serialize(new DeserializerBuilder().Build().Deserialize<object>(parser));
        var file = Parse(text).Single();
        return
        [
            .. file.Map("services").Children.Select(service => new DeployedService(
                service.Key.ToString(),
                service.Value.Text("image"),
                service.Value.Map("environment").Children.ToDictionary(variable => variable.Key.ToString(), variable => variable.Value.ToString()),
                [.. service.Value.List("expose").Concat(service.Value.List("ports")).Select(port => Number(port.ToString().Split(':')[^1])).Distinct()],
                [.. service.Value.List("volumes").Select(volume => volume.ToString())],
                service.Value.Map("deploy").Children.TryGetValue("replicas", out var replicas) ? Number(replicas.ToString()) : null)),
        ];
    }

    private static IReadOnlyList<DeployedService> ReadKubernetes()
    {
        var objects = KubernetesObjects();
        return
        [
            .. objects.Where(one => one.Text("kind") is "Deployment" or "StatefulSet").Select(workload =>
            {
                var container = workload.Map("spec").Map("template").Map("spec").List("containers").Single();
                var name = workload.Map("metadata").Text("name");
                var autoscaler = objects.SingleOrDefault(one => one.Text("kind") == "HorizontalPodAutoscaler" && one.Map("metadata").Text("name") == name);
                var replicas = autoscaler is null ? workload.Map("spec").Text("replicas") : autoscaler.Map("spec").Text("minReplicas");
                return new DeployedService(
                    name,
                    container.Text("image"),
                    container.List("env").ToDictionary(variable => variable.Text("name"), variable => variable.Text("value")),
                    [.. container.List("ports").Select(port => Number(port.Text("containerPort")))],
                    [.. container.List("volumeMounts").Select(mount => $"{mount.Text("name")}:{mount.Text("mountPath")}").Where(mount => mount != "tmp:/tmp")],
                    Number(replicas));
            }),
        ];
    }

    private static IReadOnlyList<YamlMappingNode> Documents(string path) => Parse(File.ReadAllText(path));

    private static IReadOnlyList<YamlMappingNode> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>()];
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(directory.FullName, "Directory.Packages.props"))) directory = directory.Parent!;
        return System.IO.Path.Combine(directory.FullName, "deploy");
    }
}
