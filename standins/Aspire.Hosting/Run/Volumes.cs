using System.Globalization;

namespace Aspire.Hosting.Run;

/// <summary>The folders that stand for container volumes: <c>.loom/volumes/name</c> beside the solution, unless configured.</summary>
internal sealed class Volumes(string? configured, string appHostDirectory) : IDisposable
{
    private readonly List<FileStream> _locks = [];

    public string Root { get; } = configured ?? Path.Combine(SolutionDirectory(appHostDirectory), ".loom", "volumes");

    /// <summary>Makes the folder and keeps it to this host until it ends.</summary>
    /// <exception cref="DistributedApplicationException">Another host has it, or what it started there still runs.</exception>
    public string Open(string name)
    {
        var folder = Path.Combine(Root, name);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        try
        {
            lock (_locks) _locks.Add(new FileStream($"{folder}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw new DistributedApplicationException(
                $"The volume '{folder}' is in use by another run. Stop that one, or give this one its own with the configuration key AppHost:VolumesDirectory.");
        }

        return folder;
    }

    /// <summary>
    /// Remembers who works on the volume, and waits for the one before: when a host is killed its lock is gone at once, but what it
    /// started takes a moment to end.
    /// </summary>
    public static async Task AwaitPreviousOwnerAsync(string folder, CancellationToken cancellationToken)
    {
        var file = $"{folder}.pid";
        if (!File.Exists(file) || !int.TryParse(await File.ReadAllTextAsync(file, cancellationToken), CultureInfo.InvariantCulture, out var processId)) return;

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(TimeSpan.FromSeconds(15));
        while (IsOwner(processId, folder)) await Task.Delay(100, waiting.Token);
    }

    public static Task RecordOwnerAsync(string folder, int processId, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync($"{folder}.pid", processId.ToString(CultureInfo.InvariantCulture), cancellationToken);

    public void Dispose()
    {
        lock (_locks)
        {
            foreach (var held in _locks) held.Dispose();
            _locks.Clear();
        }
    }

    // The id alone may be another process's by now; one that works in the folder is the one.
    private static bool IsOwner(int processId, string folder)
    {
        try
        {
            return new FileInfo($"/proc/{processId}/cwd").ResolveLinkTarget(returnFinalTarget: false)?.FullName == Path.GetFullPath(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string SolutionDirectory(string appHostDirectory)
    {
        for (var directory = new DirectoryInfo(appHostDirectory); directory is not null; directory = directory.Parent)
        {
            if (directory.EnumerateFiles("*.sln*").Any() || Path.Exists(Path.Combine(directory.FullName, ".git"))) return directory.FullName;
        }

        return appHostDirectory;
    }
}
