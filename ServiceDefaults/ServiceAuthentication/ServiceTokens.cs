using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>
/// Issues and checks the tokens that services call each other with: <c>loom1.{payload}.{HMAC-SHA256 of "loom1.{payload}"}</c>, both parts
/// base64url. The prefix is signed too, so that a token of one format is never taken for one of another.
/// </summary>
internal sealed class ServiceTokens(IOptions<ServiceAuthenticationOptions> options, TimeProvider time)
{
    public const string Prefix = "loom1.";

    private const int MaxLength = 4096;

    private readonly ConcurrentDictionary<(string Audience, string Scopes), (string Token, DateTimeOffset RenewAt)> _issued = new();

    private ServiceAuthenticationOptions Options => options.Value;

    /// <summary>A token for calls to a service; the same one until half of its life is over.</summary>
    public string Issue(string audience, IReadOnlyList<string> scopes)
    {
        var now = time.GetUtcNow();
        var key = (audience, string.Join(' ', scopes));
        if (_issued.TryGetValue(key, out var issued) && now < issued.RenewAt) return issued.Token;

        var payload = JsonSerializer.SerializeToUtf8Bytes(new ServiceToken
        {
            Caller = Options.Name,
            Audience = audience,
            Scopes = [.. scopes],
            Expires = (now + Options.Lifetime).ToUnixTimeSeconds(),
        });
        var signed = Prefix + Base64Url.EncodeToString(payload);
        var token = $"{signed}.{Base64Url.EncodeToString(Sign(Options.Key!, signed))}";
        _issued[key] = (token, now + (Options.Lifetime / 2));
        return token;
    }

    /// <summary>Checks a token's form, signature, audience and expiry.</summary>
    public bool TryValidate(string token, [NotNullWhen(true)] out ServiceToken? valid, [NotNullWhen(false)] out string? problem)
    {
        valid = null;
        problem = "the token is malformed";
        if (token.Length > MaxLength || !token.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var dot = token.LastIndexOf('.');
        if (dot < Prefix.Length || !Base64Url.IsValid(token.AsSpan(dot + 1)) || !Base64Url.IsValid(token.AsSpan(Prefix.Length, dot - Prefix.Length))) return false;

        var signature = Base64Url.DecodeFromChars(token.AsSpan(dot + 1));
        var signed = token[..dot];
        if (!IsSignedWith(Options.Key, signed, signature) && !IsSignedWith(Options.PreviousKey, signed, signature))
        {
            problem = "the token's signature is wrong";
            return false;
        }

        var read = JsonSerializer.Deserialize<ServiceToken>(Base64Url.DecodeFromChars(signed.AsSpan(Prefix.Length)))!;
        problem = DateTimeOffset.FromUnixTimeSeconds(read.Expires) + Options.ClockSkew < time.GetUtcNow() ? "the token has expired"
            : read.Audience != Options.Name ? $"the token is for '{read.Audience}', not for '{Options.Name}'"
            : null;
        if (problem is not null) return false;
        valid = read;
        return true;
    }

    private static bool IsSignedWith(string? key, string signed, byte[] signature) =>
        key is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(Sign(key, signed), signature);

    private static byte[] Sign(string key, string text) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text));
}
