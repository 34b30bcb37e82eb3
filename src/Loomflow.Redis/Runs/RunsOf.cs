namespace Loomflow.Redis.Runs;

/// <summary>Whose runs a list has. Lists are kept for each, so that no page of one says anything of runs that are not in it.</summary>
public readonly record struct RunsOf
{
    private RunsOf(string name) => Name = name;

    /// <summary>All runs.</summary>
    public static RunsOf Everybody { get; } = new("all");

    /// <summary>What tells it from others in keys.</summary>
    internal string Name { get; }

    /// <summary>The runs of a tenant's users.</summary>
    public static RunsOf Tenant(string tenant) => new($"t:{PercentEncoding.Encode(tenant)}");

    /// <summary>The runs of one user.</summary>
    public static RunsOf User(PartitionKey user) => new(user.Encode());

    /// <summary>The lists that a run is in.</summary>
    internal static IEnumerable<RunsOf> Listing(PartitionKey owner) =>
        owner.Tenant is { } tenant ? [Everybody, Tenant(tenant), User(owner)] : [Everybody, User(owner)];
}
