namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>A file, meant for a mount of other storage.</summary>
internal sealed class FileAnchor(string path) : ICheckpointAnchor
{
    public string Name => $"the anchor file '{path}'";

    public Task PublishAsync(string origin, string note, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory) Directory.CreateDirectory(directory);
        CheckpointFile.Append(path, note);
        return Task.CompletedTask;
    }

    // The file may have served another log before.
    public async Task<string> ReadAsync(string origin, CancellationToken cancellationToken) =>
        File.Exists(path)
            ? string.Concat(CheckpointFile.Split(await File.ReadAllTextAsync(path, cancellationToken)).Where(note => note.StartsWith(origin + "\n", StringComparison.Ordinal)).Select(note => note + "\n"))
            : "";
}
