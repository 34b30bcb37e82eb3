using System.Security.Cryptography;
using System.Text;

namespace Loomflow.Audit;

/// <summary>Signs checkpoints with ECDSA P-256, so that anybody with the public key can verify them.</summary>
public sealed class CheckpointSigner : IDisposable
{
    private readonly ECDsa _key;
    private readonly string _origin;

    private CheckpointSigner(string origin, ECDsa key) => (_origin, _key, PublicKey) = (origin, key, CheckpointKey.Of(origin, key));

    /// <summary>The key to verify with.</summary>
    public CheckpointKey PublicKey { get; }

    /// <summary>Takes a private key in PEM, PKCS #8 or SEC 1.</summary>
    /// <exception cref="ArgumentException">The text is not a P-256 private key.</exception>
    public static CheckpointSigner FromPem(string origin, string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new ArgumentException("The checkpoint key is not a private key in PEM: make one with `openssl ecparam -name prime256v1 -genkey -noout`.", nameof(pem), e);
        }

        if (key.KeySize == 256) return new CheckpointSigner(origin, key);
        key.Dispose();
        throw new ArgumentException("The checkpoint key must be on the curve P-256.", nameof(pem));
    }

    /// <summary>
    /// Derives the private key from a signing secret, so that there is none to keep beside the log. Different logs and
    /// secrets give different keys, and the key says nothing about the secret.
    /// </summary>
    public static CheckpointSigner Derive(string origin, AuditKey secret)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(secret);
        // A 256-bit value is a valid private key but for one in 2^32; the counter covers that one.
        for (var counter = 0; ; counter++)
        {
            var scalar = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret.Secret.ToArray(), Digest.Size, info: Encoding.UTF8.GetBytes($"loomflow-audit-checkpoint-v1\n{origin}\n{counter}"));
            try
            {
                return new CheckpointSigner(origin, ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar }));
            }
            catch (CryptographicException) when (counter < 8)
            {
            }
        }
    }

    /// <summary>Signs a checkpoint.</summary>
    public string Sign(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var text = checkpoint.ToText();
        var signature = _key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return $"{text}\n{SignedNote.SignaturePrefix}{_origin} {Convert.ToBase64String([.. PublicKey.Id, .. signature])}\n";
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _key.Dispose();
        PublicKey.Dispose();
    }
}
