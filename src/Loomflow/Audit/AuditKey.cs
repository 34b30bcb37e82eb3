using System.Buffers.Text;
using System.Text;

namespace Loomflow.Audit;

/// <summary>A named signing secret. It is never part of a message, a log line or <see cref="ToString"/>.</summary>
public sealed class AuditKey
{
    /// <summary>The fewest bytes of a secret: as long as the code it makes.</summary>
    public const int MinSecretBytes = 32;

    private readonly byte[] _secret;

    /// <summary>Names a secret.</summary>
    /// <param name="id">Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; at most 64. It stands in every record.</param>
    /// <param name="secret">At least <see cref="MinSecretBytes"/> bytes.</param>
    /// <exception cref="ArgumentException">The id or the secret is not as required.</exception>
    public AuditKey(string id, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (id.Length is 0 or > AuditFormat.MaxKeyIdBytes || id.AsSpan().ContainsAnyExcept(s_idChars))
        {
            throw new ArgumentException($"'{id}' is not a key id: use 1 to {AuditFormat.MaxKeyIdBytes} letters, digits, '-', '_' and '.'.", nameof(id));
        }

        if (secret.Length < MinSecretBytes)
        {
            throw new ArgumentException($"Audit key '{id}' has {secret.Length} bytes, at least {MinSecretBytes} are needed: make one with `openssl rand -base64 32`.", nameof(secret));
        }

        Id = id;
        IdBytes = Encoding.ASCII.GetBytes(id);
        _secret = secret.ToArray();
    }

    private static readonly System.Buffers.SearchValues<char> s_idChars =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The key's name.</summary>
    public string Id { get; }

    internal ReadOnlyMemory<byte> IdBytes { get; }

    internal ReadOnlySpan<byte> Secret => _secret;

    /// <summary>Reads a secret from configuration: base64 of at least <see cref="MinSecretBytes"/> bytes, or else the text itself.</summary>
    /// <exception cref="ArgumentException">Either way it is too short.</exception>
    public static AuditKey FromText(string id, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(trimmed.Length)];
        return Convert.TryFromBase64String(trimmed, decoded, out var written) && written >= MinSecretBytes
            ? new AuditKey(id, decoded.AsSpan(0, written))
            : new AuditKey(id, Encoding.UTF8.GetBytes(trimmed));
    }

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
