using System.Collections.Immutable;

namespace Loomflow;

/// <summary>Which tools an agent may use: deny list before allow list before mode.</summary>
public sealed record ToolPermissions
{
    /// <summary>Mode <see cref="PermissionMode.Default"/> and empty lists.</summary>
    public static ToolPermissions Default { get; } = new();

    /// <summary>What happens with tools that are on no list.</summary>
    public PermissionMode Mode { get; init; }

    /// <summary>Tools that are never asked about.</summary>
    public IReadOnlyCollection<string> Allow { get; init; } = [];

    /// <summary>Tools that are always refused, in every mode.</summary>
    public IReadOnlyCollection<string> Deny { get; init; } = [];

    /// <summary>Other permissions for some users, by user id. They replace these ones; anonymous runs have these.</summary>
    public IReadOnlyDictionary<string, ToolPermissions> Users { get; init; } = ImmutableDictionary<string, ToolPermissions>.Empty;

    /// <summary>The permissions of one user.</summary>
    public ToolPermissions For(PartitionKey user) => user.UserId is { } id && Users.TryGetValue(id, out var own) ? own : this;

    internal PermissionVerdict Judge(ToolCall call)
    {
        if (Deny.Contains(call.Tool)) return PermissionVerdict.Deny;
        if (Allow.Contains(call.Tool)) return PermissionVerdict.Allow;
        return Mode switch
        {
            PermissionMode.Bypass => PermissionVerdict.Allow,
            PermissionMode.Default when call.Effect == ToolEffect.None => PermissionVerdict.Allow,
            PermissionMode.AcceptEdits when call.Effect != ToolEffect.Destructive => PermissionVerdict.Allow,
            _ => PermissionVerdict.Ask,
        };
    }
}

/// <summary>What permissions say of one call, from lenient to strict.</summary>
internal enum PermissionVerdict
{
    Allow,
    Ask,
    Deny,
}
