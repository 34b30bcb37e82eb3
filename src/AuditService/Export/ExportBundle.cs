using System.Formats.Tar;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;

namespace Loomflow.Aspire.AuditService.Export;

/// <summary>
/// A log as one tar archive: its segments up to what is durable, payloads, checkpoints and public keys. No secrets, and no head
/// file: who verifies a bundle goes by its checkpoints.
/// </summary>
internal static class ExportBundle
{
    public static async Task WriteAsync(AuditLog log, Stream destination, CancellationToken cancellationToken)
    {
        var files = log.Files;
        var checkpoint = CheckpointFile.ReadLast(files.Checkpoints);
        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var segment in log.Segments.All)
        {
            // Payload bytes are read first: a record may be there without its payload, but not the other way round.
            var recordBytes = segment.RecordBytes;
            await AddAsync(tar, files.Root, files.Records(segment.FirstSequence), recordBytes, cancellationToken);
            await AddAsync(tar, files.Root, files.Payloads(segment.FirstSequence), new FileInfo(files.Payloads(segment.FirstSequence)).Length, cancellationToken);
        }

        if (checkpoint is not null) await AddAsync(tar, files.Root, files.Checkpoints, new FileInfo(files.Checkpoints).Length, cancellationToken);
        if (File.Exists(files.CheckpointKeys)) await AddAsync(tar, files.Root, files.CheckpointKeys, new FileInfo(files.CheckpointKeys).Length, cancellationToken);
    }

    /// <summary>Unpacks a bundle.</summary>
    public static async Task ExtractAsync(Stream bundle, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        await TarFile.ExtractToDirectoryAsync(bundle, directory, overwriteFiles: false, cancellationToken);
    }

    private static async Task AddAsync(TarWriter tar, string root, string path, long length, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await tar.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(root, path).Replace('\\', '/')) { DataStream = new BoundedStream(file, length) },
            cancellationToken);
    }
}
