using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.AuditService;

/// <summary>The section <c>Audit</c> of the configuration.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>
    /// What people read the log with, over HTTP: a bearer token, or the password that a browser asks for. Without one only
    /// services may read, except in Development, where anybody may.
    /// </summary>
    [MinLength(16)]
    public string? AuditorKey { get; set; }

    /// <summary>Where the log is kept; by default <c>data/audit</c> under the content root.</summary>
    public string? Directory { get; set; }

    /// <summary>The one signing key: base64 or text of at least 32 bytes. Its id is <see cref="KeyId"/>.</summary>
    public string? Key { get; set; }

    /// <summary>A file to read the key from instead.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The id of <see cref="Key"/>.</summary>
    public string KeyId { get; set; } = "k1";

    /// <summary>More keys, by id: those to rotate to and those rotated from.</summary>
    public Dictionary<string, string> Keys { get; set; } = [];

    /// <summary>The private key that signs checkpoints, PEM, ECDSA P-256; without it one is derived from the log's first signing key.</summary>
    public string? CheckpointKey { get; set; }

    /// <summary>A file to read the checkpoint key from instead.</summary>
    public string? CheckpointKeyFile { get; set; }

    /// <summary>A file, better on other storage, that checkpoints are published to and compared with.</summary>
    public string? AnchorFile { get; set; }

    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int SegmentBytes { get; set; } = 64 * 1024 * 1024;

    [Range(1, 1_000_000)]
    public int SegmentEntries { get; set; } = 200_000;

    [Range(1, int.MaxValue)]
    public int CheckpointEntries { get; set; } = 10_000;

    /// <summary>A checkpoint is made this long after the first entry that none covers.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>An idle log makes a checkpoint this often, so that silence is evidence.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan IdleCheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the whole log is verified; zero for only at the start.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan VerificationInterval { get; set; } = TimeSpan.FromHours(6);

    /// <summary>Payload content older than this is erased; zero keeps it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan PayloadRetention { get; set; } = TimeSpan.Zero;

    [Range(0, 16 * 1024 * 1024)]
    public int MaxPayloadBytes { get; set; } = 1024 * 1024;

    /// <summary>How many appends may wait for the disk before appending itself waits.</summary>
    [Range(1, 1_000_000)]
    public int QueueLength { get; set; } = 16_384;

    /// <summary>Whether secrets are removed from payloads before they are signed.</summary>
    public bool ScrubSecrets { get; set; } = true;

    /// <summary>Regular expressions of further secrets.</summary>
    public List<string> SecretPatterns { get; set; } = [];

    /// <summary>Names of JSON properties whose text is a secret.</summary>
    public List<string> SecretPropertyNames { get; set; } = [];
}
