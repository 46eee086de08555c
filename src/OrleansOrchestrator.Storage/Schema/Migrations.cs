using System.Runtime.ExceptionServices;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Postgresql;
using DbUp.Sqlite.Helpers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Sqlite;
using SQLitePCL;

namespace OrleansOrchestrator.Storage.Schema;

/// <summary>
/// Brings a database to the schema of this build: runs the scripts of sql/ that its journal table <c>schema_migrations</c>
/// does not name yet, each in its own transaction. Running it again does nothing.
/// </summary>
public static class Migrations
{
    private const string Journal = "schema_migrations";

    // "Orchestr" in ASCII; any number that others do not use will do.
    private const long AdvisoryLock = 0x4F72636865737472;

    private const int OldestServer = 14;

    // Another silo may be migrating a large database; give up only when it surely hangs.
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Migrates a PostgreSQL database: the object log, the cluster identity, and Orleans' own tables. Of several silos
    /// that start at once, one migrates and the others wait for it.</summary>
    /// <param name="connectionString">An Npgsql connection string, for a role that may create tables in its schema.</param>
    /// <param name="logger">Receives one line per script.</param>
    /// <param name="cancellationToken">Cancels the wait for others; a script that has begun is finished.</param>
    /// <exception cref="LogUnavailableException">The server could not be reached.</exception>
    /// <exception cref="StoreUnusableException">A script failed, or the server cannot be used.</exception>
    public static async Task MigratePostgreSqlAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        var settings = PostgreSqlConnections.Parse(connectionString);
        settings.CommandTimeout = (int)StatementTimeout.TotalSeconds;
        settings.Pooling = false;
        if (settings.Host!.Contains(','))
            PostgreSqlConnections.ChoosePrimary(settings);
        var endpoint = PostgreSqlConnections.Describe(settings);
        await using var dataSource = NpgsqlDataSource.Create(settings);
        try
        {
            // Closing the connection releases the lock, however this ends.
            await using var guard = await dataSource.OpenConnectionAsync(cancellationToken);
            RequireSupported(guard, endpoint, await ReadEncodingAsync(guard, cancellationToken));
            await using var acquire = new NpgsqlCommand("SELECT pg_advisory_lock($1)", guard).With(AdvisoryLock);
            await acquire.ExecuteNonQueryAsync(cancellationToken);

            var target = DeployChanges.To
                .PostgresqlDatabase(new PostgresqlConnectionManager(dataSource))
                .JournalToPostgresqlTable(null, Journal);
            await Task.Run(() => Upgrade(target, "postgresql", $"PostgreSQL at {endpoint}", logger), cancellationToken);
            await DatabaseOrigin.CheckAsync(guard, logger, cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFailure.IsDatabaseFailure(e))
        {
            throw PostgreSqlFailure.Unavailable(e, endpoint);
        }
    }

    /// <summary>Migrates a SQLite file, which is created if it does not exist. No process may have it open.</summary>
    /// <param name="path">The file.</param>
    /// <param name="logger">Receives one line per script.</param>
    /// <param name="cancellationToken">Cancels before the work begins.</param>
    /// <exception cref="StoreUnusableException">The file is in use, cannot be written or is damaged, or a script failed.</exception>
    public static async Task MigrateSqliteAsync(string path, ILogger logger, CancellationToken cancellationToken)
    {
        await using var database = await SqliteDatabase.OpenAsync(path, logger, cancellationToken);
    }

    /// <exception cref="SqliteException">The file cannot be used.</exception>
    /// <exception cref="StoreUnusableException">A script failed.</exception>
    internal static void MigrateSqlite(SqliteConnection connection, ILogger logger)
    {
        using var shared = new SharedConnection(connection);
        Upgrade(DeployChanges.To.SqliteDatabase(shared).JournalToSqliteTable(Journal), "sqlite", connection.DataSource, logger);
    }

    private static void Upgrade(UpgradeEngineBuilder target, string dialect, string database, ILogger logger)
    {
        var scripts = MigrationScripts.For(dialect);
        var engine = target
            .WithScripts(scripts)
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .WithExecutionTimeout(StatementTimeout)
            .ResetConfiguredLoggers()
            .LogTo(logger)
            .Build();
        RequireKnown(engine.GetExecutedScripts(), scripts, database);
        var result = engine.PerformUpgrade();
        if (result.Error is SqliteException { SqliteErrorCode: not raw.SQLITE_ERROR })
            ExceptionDispatchInfo.Throw(result.Error);
        if (!result.Successful)
        {
            throw new StoreUnusableException(
                $"cannot migrate {database}: {result.ErrorScript?.Name ?? "journal"}: {result.Error.Message.ReplaceLineEndings(" ")}",
                result.Error);
        }
    }

    /// <summary>A schema that a later version has made may hold what this one would destroy.</summary>
    private static void RequireKnown(IReadOnlyList<string> executed, IReadOnlyList<SqlScript> known, string database)
    {
        var unknown = executed.Except(known.Select(script => script.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal).LastOrDefault();
        if (unknown is not null)
            throw new StoreUnusableException($"{database} has been written by a newer version of orchestrator (schema {unknown}); use that version, or a newer one");
    }

    private static async Task<string> ReadEncodingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SHOW server_encoding", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static void RequireSupported(NpgsqlConnection connection, string endpoint, string encoding)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
            throw new StoreUnusableException($"PostgreSQL at {endpoint} is version {connection.PostgreSqlVersion}; {OldestServer} or later is needed");
        if (encoding != "UTF8")
            throw new StoreUnusableException($"the database {connection.Database} at {endpoint} is encoded in {encoding}; create it with encoding UTF8");
    }
}
