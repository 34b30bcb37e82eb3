using System.Globalization;
using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>
/// The public half of a key that signs checkpoints: ECDSA P-256, signature type 0x02 of C2SP's signed notes. Its text form
/// is a verifier key as that specification has it: <c>name+id+base64(type ‖ public key)</c>.
/// </summary>
public sealed class CheckpointKey : IDisposable
{
    internal const byte SignatureType = 0x02;

    private readonly ECDsa _key;

    private CheckpointKey(string name, ECDsa key)
    {
        var spki = key.ExportSubjectPublicKeyInfo();
        (Name, _key, Id) = (name, key, SHA256.HashData(spki)[..4]);
        Text = $"{name}+{Convert.ToHexStringLower(Id)}+{Convert.ToBase64String([SignatureType, .. spki])}";
    }

    /// <summary>The key's name: the log's origin.</summary>
    public string Name { get; }

    /// <summary>The verifier key as text.</summary>
    public string Text { get; }

    internal byte[] Id { get; }

    /// <summary>The public half of a signing key.</summary>
    public static CheckpointKey Of(string name, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var copy = ECDsa.Create();
        copy.ImportSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
        return new CheckpointKey(name, copy);
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is not a verifier key of this kind.</exception>
    public static CheckpointKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Base64 has plus signs as well, so only the first two separate.
        var parts = text.Trim().Split('+', 3);
        try
        {
            if (parts is [{ Length: > 0 } name, { Length: 8 } id, var data]
                && uint.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
                && Convert.FromBase64String(data) is [SignatureType, .. var spki])
            {
                var key = ECDsa.Create();
                key.ImportSubjectPublicKeyInfo(spki, out _);
                var parsed = new CheckpointKey(name, key);
                if (parsed.Text == text.Trim()) return parsed;
                parsed.Dispose();
            }
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw Unreadable(text, e);
        }

        throw Unreadable(text, null);
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    internal bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    private static FormatException Unreadable(string text, Exception? inner) =>
        new($"'{text}' is not a verifier key: expected name+id+base64 of an ECDSA P-256 key, as the audit service shows it at /v1/checkpoint/keys.", inner);
}
