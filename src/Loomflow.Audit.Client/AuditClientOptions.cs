using System.ComponentModel.DataAnnotations;

namespace Loomflow.Audit.Client;

/// <summary>How entries are sent to the audit service; the section <c>AuditClient</c> of the configuration.</summary>
public sealed class AuditClientOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "AuditClient";

    /// <summary>Where the service is: by default the resource <c>audit</c>, its endpoint <c>grpc</c>, by service discovery.</summary>
    [Required]
    public Uri Address { get; set; } = new("http://_grpc.audit");

    /// <summary>How many entries may wait for their acknowledgement; beyond it appending waits.</summary>
    [Range(1, 1_000_000)]
    public int MaxUnacknowledged { get; set; } = 8_192;

    /// <summary>The most entries of one message.</summary>
    [Range(1, 4_096)]
    public int MaxEntriesPerMessage { get; set; } = 256;

    /// <summary>
    /// The most bytes of entries in one message. What the service takes, its <c>Limits:MaxMessageBytes</c>, must be more; an entry that does not fit
    /// is refused here, so that it cannot hold up others.
    /// </summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>
    /// How long an append waits for a service that cannot be reached, before it fails with <see cref="AuditUnavailableException"/>.
    /// The caller keeps the entry and appends it again: that is what event ids are for.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The first wait before the service is tried again; it doubles up to <see cref="MaxReconnectDelay"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before the service is tried again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(5);
}
