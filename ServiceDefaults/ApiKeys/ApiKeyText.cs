using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>
/// The text of an API key, <c>loomkey_{id}_{secret}</c>: a prefix that scanners for leaked secrets can look for, an id to find the
/// key by, and 256 random bits.
/// </summary>
public static class ApiKeyText
{
    public const string Prefix = "loomkey_";

    public const int MinSecretLength = 32;

    private const int IdBytes = 8;
    private const int SecretBytes = 32;
    private const int MaxLength = 256;

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    public static string Format(string id, string secret) => $"{Prefix}{id}_{secret}";

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool TryParse(string text, [NotNullWhen(true)] out string? id, [NotNullWhen(true)] out string? secret)
    {
        (id, secret) = (null, null);
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var end = text.IndexOf('_', Prefix.Length);
        if (end <= Prefix.Length || text.Length - end - 1 < MinSecretLength) return false;
        if (!text.AsSpan(Prefix.Length, end - Prefix.Length).ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789"))
        {
            (id, secret) = (text[Prefix.Length..end], text[(end + 1)..]);
        }

        return id is not null;
    }
}
