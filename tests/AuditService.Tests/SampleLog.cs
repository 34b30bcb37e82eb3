using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>A complete log of 1,000 records on disk with three checkpoints, as a service leaves it.</summary>
internal static class SampleLog
{
    public const int Size = 1_000;

    public static async Task CreateAsync(string directory, CancellationToken cancellationToken, AuditOptions? options = null, int size = Size)
    {
        await using var log = Samples.Open(directory, options);
        using var signer = CheckpointSigner.Derive(log.Origin, log.FirstKey);
        CheckpointKeyFile.Add(log.Files, signer.PublicKey);
        foreach (var until in new[] { size * 2 / 5, size * 4 / 5, size })
        {
            await Samples.AppendAsync(log, (int)log.Size - 1, until - 2, cancellationToken);
            var (count, root) = await log.GetTreeHeadAsync(cancellationToken);
            CheckpointFile.Append(log.Files.Checkpoints, signer.Sign(new Checkpoint(log.Origin, count, root, DateTimeOffset.UnixEpoch.AddSeconds(until))));
        }

        log.Size.ShouldBe(size);
    }

    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    public static async Task<AuditDamage?> VerifyAsync(string directory, CancellationToken cancellationToken, bool withSecret = true, string? anchor = null) =>
        (await RunAsync(directory, cancellationToken, withSecret, anchor)).Damage;

    public static Task<AuditVerification> RunAsync(string directory, CancellationToken cancellationToken, bool withSecret = true, string? anchor = null)
    {
        var files = new LogFiles(directory);
        return new LogVerification(files, withSecret ? Samples.Keys : null, CheckpointKeyFile.Read(files))
        {
            Anchors = anchor is null ? [] : [("the anchor", anchor)],
        }.RunAsync(cancellationToken);
    }

    /// <summary>The records of a single-segment log, without their frame headers.</summary>
    public static List<byte[]> ReadRecords(string directory)
    {
        var bytes = File.ReadAllBytes(new LogFiles(directory).Records(0));
        var records = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            AuditFormat.TryReadFrameHeader(bytes.AsSpan(at), out var length).ShouldBeTrue();
            records.Add(bytes[(at + AuditFormat.FrameHeaderSize)..(at + AuditFormat.FrameHeaderSize + length)]);
            at += AuditFormat.FrameHeaderSize + length;
        }

        return records;
    }

    public static void WriteRecords(string directory, IEnumerable<byte[]> records)
    {
        using var file = File.Create(new LogFiles(directory).Records(0));
        Span<byte> header = stackalloc byte[AuditFormat.FrameHeaderSize];
        foreach (var record in records)
        {
            AuditFormat.WriteFrameHeader(header, record.Length);
            file.Write(header);
            file.Write(record);
        }
    }
}
