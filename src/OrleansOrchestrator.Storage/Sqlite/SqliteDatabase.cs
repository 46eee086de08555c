using DbUp;
using DbUp.Sqlite.Helpers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Schema;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>
/// A SQLite file that this process owns. One connection writes, and a small pool reads beside it. A transaction is on the disk before
/// it is reported as done (write-ahead log, <c>synchronous=FULL</c>).
/// </summary>
public sealed class SqliteDatabase : IAsyncDisposable
{
    // A tool that reads the file may hold its locks for a moment, hence the busy time-out.
    private const string Settings = """
        PRAGMA busy_timeout = 5000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA temp_store = MEMORY;
        """;

    // Set after the migrations. Until then nothing has been acknowledged to anyone, and a migration lost in a crash runs again. The
    // first durable commit makes all earlier content of the log durable too.
    private const string Durable = "PRAGMA synchronous = FULL";

    private readonly SqliteFileLock _lock;
    private readonly SqliteConnection _writer;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly string _readers;
    private readonly TaskCompletionSource<StoreUnusableException> _damaged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SqliteDatabase(string path, SqliteFileLock claimed, SqliteConnection writer)
    {
        Path = path;
        _lock = claimed;
        _writer = writer;
        _readers = ConnectionString(path, pooling: true);
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>Completes when the file turns out to be damaged. Nothing read from it or written to it can be trusted then.</summary>
    public Task<StoreUnusableException> Damaged => _damaged.Task;

    /// <summary>Locks the file, creates it if necessary, and migrates it to this build's schema.</summary>
    /// <param name="path">The file. It and its companions (<c>-wal</c>, <c>-shm</c>, <c>.lock</c>) are readable for their owner only.</param>
    /// <param name="logger">Receives one line per migration script.</param>
    /// <param name="cancellationToken">Cancels before the work begins.</param>
    /// <exception cref="StoreUnusableException">The file is in use, cannot be written, or is damaged.</exception>
    public static Task<SqliteDatabase> OpenAsync(string path, ILogger logger, CancellationToken cancellationToken) =>
        Task.Run(() => Open(System.IO.Path.GetFullPath(path), logger), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        await _writer.DisposeAsync();
        using (var pooled = new SqliteConnection(_readers))
            SqliteConnection.ClearPool(pooled);
        _lock.Dispose();
        _turn.Dispose();
    }

    /// <summary>Runs work on the one writing connection, on another thread, which SQLite blocks.</summary>
    /// <exception cref="LogUnavailableException">SQLite failed, and the work's transaction was rolled back.</exception>
    internal async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(() => work(_writer));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Runs work on a reading connection. It sees the last committed state.</summary>
    /// <exception cref="LogUnavailableException">SQLite failed.</exception>
    internal async Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await RunAsync(() =>
        {
            using var reader = OpenReader();
            return work(reader);
        });
    }

    /// <summary>Opens a reading connection for a longer read. The caller disposes of it.</summary>
    internal SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_readers);
        connection.Open();
        return connection;
    }

    /// <summary>Runs blocking work on the thread pool.</summary>
    /// <exception cref="LogUnavailableException">SQLite failed.</exception>
    internal Task<T> RunAsync<T>(Func<T> work) => Task.Run(() =>
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            NoteDamage(e);
            throw SqliteFailure.Unavailable(e, Path);
        }
        catch (OutcomeUnknownException e) when (e.InnerException is SqliteException cause)
        {
            NoteDamage(cause);
            throw;
        }
    });

    private void NoteDamage(SqliteException exception)
    {
        if (SqliteFailure.IsDamage(exception))
            _damaged.TrySetResult(new StoreUnusableException(SqliteFailure.Explain(exception, Path), exception));
    }

    private static SqliteDatabase Open(string path, ILogger logger)
    {
        var claimed = SqliteFileLock.Acquire(path);
        var writer = new SqliteConnection(ConnectionString(path, pooling: false));
        try
        {
            writer.Open();
            Execute(writer, Settings);
            Migrate(writer, logger);
            Execute(writer, Durable);
            return new SqliteDatabase(path, claimed, writer);
        }
        catch (Exception e)
        {
            writer.Dispose();
            claimed.Dispose();
            if (e is SqliteException failure)
                throw new StoreUnusableException(SqliteFailure.Explain(failure, path), e);
            throw;
        }
    }

    private static void Migrate(SqliteConnection connection, ILogger logger)
    {
        using var shared = new SharedConnection(connection);
        SchemaUpgrade.Run(DeployChanges.To.SqliteDatabase(shared).JournalToSqliteTable(SchemaUpgrade.Journal), "sqlite", connection.DataSource, logger);
    }

    private static void Execute(SqliteConnection connection, string statement)
    {
        using var command = connection.Command(statement);
        command.ExecuteNonQuery();
    }

    private static string ConnectionString(string path, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = pooling }.ConnectionString;
}
