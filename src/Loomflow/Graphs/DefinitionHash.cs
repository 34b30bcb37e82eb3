using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loomflow;

/// <summary>
/// The content hash of a definition: SHA-256 over names, kinds, types, policies, edges, routes and caps, each length-prefixed, in order
/// of declaration. Two definitions with the same hash schedule a run in the same way. Code inside steps is not part of it.
/// </summary>
internal static class DefinitionHash
{
    public static string Of(string name, WorkflowOptions options, Node[] nodes, IReadOnlyList<Edge> edges, IReadOnlyDictionary<int, string> routers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "loomflow-definition-v1");
        Add(hash, name);
        Add(hash, options.MaxSteps);
        Add(hash, options.MaxVisitsPerNode);
        foreach (var node in nodes)
        {
            Add(hash, node.Name);
            AddStep(hash, node.Step);
            if (node.Step is IMapStep map) AddStep(hash, map.Element);
        }

        foreach (var edge in edges)
        {
            Add(hash, edge.Source);
            Add(hash, edge.Target);
            Add(hash, edge.Label ?? "");
            Add(hash, (edge.Label is null ? 16 : 0) | (edge.IsFallback ? 1 : 0) | (edge.IsFailure ? 2 : 0) | (edge.CarriesRunInput ? 4 : 0) | (edge.Condition is null ? 0 : 8));
            Add(hash, edge.Element);
        }

        foreach (var (source, _) in routers.OrderBy(router => router.Key)) Add(hash, source);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AddStep(IncrementalHash hash, Step step)
    {
        Add(hash, step.Kind.ToString());

        // Unlike a type's full name, this has no assembly versions in it, which change with every build.
        Add(hash, step.InputType.ToString());
        Add(hash, step.OutputType.ToString());
        Add(hash, step.Policy.OnFailure.GetType().Name);
        if (step is IWorkflow nested) Add(hash, nested.DefinitionHash);
        if (step is IRemoteStep remote) Add(hash, remote.Hosted);
        if (step is ISignalStep signal) Add(hash, signal.Signal);
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
