using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;
using SQLitePCL;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>Translates SQLite's error codes into the exceptions of the log's contract, with messages for an operator.</summary>
internal static class SqliteFailure
{
    public static LogUnavailableException Unavailable(SqliteException exception, string path) =>
        new(Explain(exception, path), exception);

    /// <summary>
    /// Whether a failed COMMIT certainly left nothing behind. SQLite reports a full disk and a busy file before it writes the commit's
    /// last frame to the write-ahead log. After any other fault a restart may find the commit there.
    /// </summary>
    public static bool CommitCertainlyFailed(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_BUSY;

    /// <summary>Whether the error says that the file is damaged or no database.</summary>
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

    // The index of the write-ahead log grows through the file system and not through SQLite, which reports only an I/O error then.
    private static bool IsFull(SqliteException exception) =>
        exception.SqliteErrorCode == raw.SQLITE_FULL || exception.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE;
}
