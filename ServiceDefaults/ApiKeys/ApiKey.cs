using System.Text.Json.Serialization;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>What is kept of an API key: whom it belongs to and what it allows. The secret itself is not kept, only its hash.</summary>
public sealed record ApiKey
{
    /// <summary>Names the key; a part of its text, and no secret.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the secret. The secret is random and long, so a slow hash would protect nothing more.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The user it belongs to, or <see langword="null"/> for a key of a whole tenant.</summary>
    public string? User { get; init; }

    /// <summary>The tenant it belongs to, or <see langword="null"/> where there are none.</summary>
    public string? Tenant { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>What people call it.</summary>
    public string? Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    /// <summary>Why the key is not good at a time, or <see langword="null"/> when it is.</summary>
    public string? ProblemAt(DateTimeOffset now) =>
        Revoked is not null ? "the API key was revoked"
        : now >= Expires ? "the API key has expired"
        : null;

    [JsonIgnore]
    public string Owner => (Tenant, User) switch
    {
        (null, { } user) => user,
        ({ } tenant, null) => $"{tenant}/*",
        _ => $"{Tenant}/{User}",
    };
}
