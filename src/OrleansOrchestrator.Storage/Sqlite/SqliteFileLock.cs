namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>
/// Claims a database file for this process with a lock file beside it. SQLite's exclusive mode would do the same but allow only one
/// connection: reads would wait while a commit waits for the disk.
/// </summary>
internal sealed class SqliteFileLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private SqliteFileLock(FileStream claimed) => _lock = claimed;

    /// <summary>Creates the folder if necessary, locks the file, and creates it so that only its owner can read it: it holds the
    /// cluster's keys.</summary>
    /// <exception cref="StoreUnusableException">Another process has locked the file, or it cannot be written.</exception>
    public static SqliteFileLock Acquire(string path)
    {
        FileStream? claimed = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            claimed = Open(path + ".lock", FileShare.None);
            Open(path, FileShare.ReadWrite | FileShare.Delete).Dispose();
            return new SqliteFileLock(claimed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            claimed?.Dispose();
            throw new StoreUnusableException(Explain(e, path), e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    private static string Explain(Exception exception, string path) => exception switch
    {
        UnauthorizedAccessException => $"the database file {path} cannot be written: access denied",
        DirectoryNotFoundException => $"the folder of the database file {path} cannot be created",
        _ when IsLocked(exception) => $"the database file {path} is in use by another process",
        _ => $"the database file {path} cannot be opened: {exception.Message.ReplaceLineEndings(" ")}",
    };

    // EWOULDBLOCK on Linux and macOS, and the sharing violation of Windows.
    private static bool IsLocked(Exception exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
