namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Which client type each name stands for; a name has one.</summary>
internal sealed class NamedClients
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);

    public void Add(string name, Type type)
    {
        if (_types.TryGetValue(name, out var other) && other != type)
        {
            throw new InvalidOperationException(
                $"The gRPC client factory already has a registered client with the name '{name}', bound to the type '{other.FullName}': give this one another name, AddGrpcClient<{type.Name}>(\"name\", ...).");
        }

        _types[name] = type;
    }

    public bool Contains(string name) => _types.ContainsKey(name);

    public bool Contains(string name, Type type) => _types.TryGetValue(name, out var registered) && registered == type;
}
