using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>
/// Whose data this is: one named user, or the bucket of those who gave no name. Every store that keeps anything
/// per user (memory, budgets, audit queries) takes this type and not a string, so that "nobody" can never be
/// mistaken for "everybody" and no user id can collide with the anonymous bucket.
/// </summary>
/// <remarks><c>default(PartitionKey)</c> is <see cref="Anonymous"/>.</remarks>
[JsonConverter(typeof(PartitionKeyConverter))]
public readonly record struct PartitionKey
{
    /// <summary>Stands between a tenant and the user in a user id.</summary>
    public const char TenantSeparator = '/';

    private PartitionKey(string userId) => UserId = userId;

    /// <summary>The bucket of runs without a user. It holds only what anonymous runs wrote.</summary>
    public static PartitionKey Anonymous => default;

    /// <summary>The user's id, or <see langword="null"/> for <see cref="Anonymous"/>.</summary>
    public string? UserId { get; }

    /// <summary>The tenant that the user belongs to, where the id is <c>tenant/user</c>; <see langword="null"/> for users of none.</summary>
    public string? Tenant => UserId?.IndexOf(TenantSeparator, StringComparison.Ordinal) is { } end and > 0 ? UserId[..end] : null;

    /// <summary>Whether this is the anonymous bucket.</summary>
    [MemberNotNullWhen(false, nameof(UserId))]
    public bool IsAnonymous => UserId is null;

    /// <summary>The partition of one user.</summary>
    /// <param name="userId">Any non-empty text; case and white space matter.</param>
    /// <exception cref="ArgumentException"><paramref name="userId"/> is null or empty: use <see cref="Anonymous"/>.</exception>
    public static PartitionKey Named(string userId)
    {
        if (string.IsNullOrEmpty(userId))
        {
            throw new ArgumentException("A user id cannot be empty: pass PartitionKey.Anonymous for a run without a user.", nameof(userId));
        }

        return new PartitionKey(userId);
    }

    /// <summary>The partition of an optional user id: <see langword="null"/> and empty are <see cref="Anonymous"/>.</summary>
    public static PartitionKey Of(string? userId) => string.IsNullOrEmpty(userId) ? Anonymous : new PartitionKey(userId);

    /// <summary>
    /// The text form for keys and wires: <c>a</c> for anonymous, <c>u:</c> and the percent-encoded user id otherwise.
    /// Total and injective: different partitions never give the same text, and <see cref="Decode"/> gives the partition
    /// back. The text holds only letters, digits and <c>-._~%:</c>, so it is safe inside a Redis hash tag or a path.
    /// </summary>
    public string Encode() => UserId is null ? "a" : "u:" + PercentEncoding.Encode(UserId);

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="FormatException">The text was not written by <see cref="Encode"/>.</exception>
    public static PartitionKey Decode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text switch
        {
            "a" => Anonymous,
            _ when text.StartsWith("u:", StringComparison.Ordinal) && text.Length > 2 => Named(PercentEncoding.Decode(text[2..])),
            _ => throw new FormatException($"'{text}' is not an encoded partition key: expected 'a' or 'u:' and a percent-encoded user id."),
        };
    }

    /// <summary>The user id, or <c>(anonymous)</c>; for people, never for keys.</summary>
    public override string ToString() => UserId ?? "(anonymous)";
}
