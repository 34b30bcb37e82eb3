using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Keys;

/// <summary>Reads the key ring from configuration and refuses keys that protect nothing.</summary>
internal static class KeyRingLoader
{
    private const string DevelopmentKeyId = "development";
    private const string DevelopmentSecret = "loomflow-development-audit-key-that-protects-nothing";

    /// <exception cref="InvalidOperationException">There is no key, or one that is short or well known, and this is not Development.</exception>
    public static AuditKeyRing Load(AuditOptions options, bool isDevelopment)
    {
        var secrets = new List<(string Id, string Text)>();
        if (Read(options.Key, options.KeyFile) is { } key) secrets.Add((options.KeyId, key));
        secrets.AddRange(options.Keys.Where(other => other.Key != options.KeyId || secrets.Count == 0).Select(other => (other.Key, other.Value)));
        if (secrets.Count == 0)
        {
            if (isDevelopment) return new AuditKeyRing(AuditKey.FromText(DevelopmentKeyId, DevelopmentSecret));
            throw new InvalidOperationException(
                "The audit service has no signing key. Set Audit__Key (or Audit__KeyFile) to at least 32 random bytes, for instance from `openssl rand -base64 32`.");
        }

        if (!isDevelopment)
        {
            foreach (var (id, text) in secrets.Where(secret => GuessableSecrets.Includes(secret.Text, DevelopmentSecret)))
            {
                throw new InvalidOperationException(
                    $"The audit key '{id}' is well known or can be guessed, so anybody can forge this log. Set Audit__Key to at least 32 random bytes, for instance from `openssl rand -base64 32`.");
            }
        }

        try
        {
            return new AuditKeyRing(secrets.Select(secret => AuditKey.FromText(secret.Id, secret.Text)));
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <summary>The checkpoint key: the configured one, or one derived from the log's first signing key.</summary>
    public static CheckpointSigner LoadSigner(AuditOptions options, string origin, AuditKey firstKey) =>
        Read(options.CheckpointKey, options.CheckpointKeyFile) is { } pem ? CheckpointSigner.FromPem(origin, pem) : CheckpointSigner.Derive(origin, firstKey);

    private static string? Read(string? text, string? file)
    {
        if (!string.IsNullOrWhiteSpace(text)) return text;
        if (string.IsNullOrWhiteSpace(file)) return null;
        return File.Exists(file) ? File.ReadAllText(file) : throw new InvalidOperationException($"The key file '{file}' does not exist.");
    }
}
