using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;
using SQLitePCL;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>Turns SQLite's error codes into what the log's contract promises, in words for an operator.</summary>
internal static class SqliteFailure
{
    public static LogUnavailableException Unavailable(SqliteException exception, string path) =>
        new(Explain(exception, path), exception);

    /// <summary>
    /// Whether a COMMIT that failed has certainly left nothing behind. A full disk and a busy file are reported before the
    /// commit's last frame is in the write-ahead log; after any other fault a restart might still find it there.
    /// </summary>
    public static bool CommitCertainlyFailed(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_BUSY;

    /// <summary>Whether the file is not what SQLite has written.</summary>
    public static bool IsDamage(SqliteException exception) => exception.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    public static string Explain(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL or raw.SQLITE_IOERR when IsFull(exception) => $"the disk that holds {path} is full",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => $"the database file {path} cannot be written",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => $"the database file {path} is damaged or is not a database",
        raw.SQLITE_CANTOPEN => $"the database file {path} cannot be opened or created",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"the database file {path} is in use by another process",
        raw.SQLITE_IOERR => $"the disk that holds {path} reports an error ({exception.SqliteExtendedErrorCode})",
        _ => $"the database file {path} cannot be used: {exception.Message.ReplaceLineEndings(" ")}",
    };

    // The index of the write-ahead log grows through the file system and not through SQLite, which then knows no better name for it.
    private static bool IsFull(SqliteException exception) =>
        exception.SqliteErrorCode == raw.SQLITE_FULL || exception.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE;
}
