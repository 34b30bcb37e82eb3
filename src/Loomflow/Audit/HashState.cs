using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>A SHA-256 or HMAC-SHA-256 that can be taken again and again. Not safe for use by two threads at once.</summary>
internal abstract class HashState : IDisposable
{
    /// <summary>Starts a plain hash.</summary>
    public static HashState CreateSha256() => OpenSslHashState.IsAvailable ? OpenSslHashState.CreateSha256() : new RuntimeHashState(IncrementalHash.CreateHash(HashAlgorithmName.SHA256));

    /// <summary>Starts a hash that is keyed.</summary>
    public static HashState CreateHmac(ReadOnlySpan<byte> secret) =>
        OpenSslHashState.IsAvailable ? OpenSslHashState.CreateHmac(secret) : new RuntimeHashState(IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret));

    /// <summary>Adds bytes to what is hashed.</summary>
    public abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>The hash of what was added, and a new beginning.</summary>
    public abstract Digest Finish();

    /// <inheritdoc />
    public abstract void Dispose();
}
