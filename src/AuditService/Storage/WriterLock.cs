namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>
/// One writer per log: an exclusive lock on a file for as long as the process lives. On storage that ignores locks the
/// epoch in <see cref="HeadFile"/> fences the older writer.
/// </summary>
internal sealed class WriterLock : IDisposable
{
    private readonly FileStream _file;

    private WriterLock(FileStream file) => _file = file;

    /// <exception cref="LogInUseException">Another process has the log open for writing.</exception>
    public static WriterLock Acquire(LogFiles files)
    {
        try
        {
            return new WriterLock(new FileStream(files.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && IsSharingViolation(e))
        {
            throw new LogInUseException(files.Root, e);
        }
    }

    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK on Linux and on macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
