using DbUp;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Schema;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Migrates a PostgreSQL database to the schema of this build.</summary>
public static class PostgreSqlMigrations
{
    // "Orchestr" in ASCII. Any number works that no other application uses.
    private const long AdvisoryLock = 0x4F72636865737472;

    // The oldest major version that PostgreSQL's developers maintained in 2026; docs/storage.md names it.
    private const int OldestServer = 14;

    /// <summary>Migrates a PostgreSQL database: the object log, the cluster identity and Orleans' own tables. If several silos start at
    /// once, one migrates and the others wait.</summary>
    /// <param name="connectionString">An Npgsql connection string, for a role that may create tables in its schema.</param>
    /// <param name="logger">Receives one line per script.</param>
    /// <param name="cancellationToken">Cancels the wait for other silos; a script that has begun is finished.</param>
    /// <exception cref="LogUnavailableException">The server could not be reached.</exception>
    /// <exception cref="StoreUnusableException">A script failed, or the server cannot be used.</exception>
    public static async Task RunAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        var settings = PostgreSqlConnections.Parse(connectionString);
        settings.CommandTimeout = (int)SchemaUpgrade.StatementTimeout.TotalSeconds;
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
                .JournalToPostgresqlTable(null, SchemaUpgrade.Journal);
            await Task.Run(() => SchemaUpgrade.Run(target, "postgresql", $"PostgreSQL at {endpoint}", logger), cancellationToken);
            await DatabaseOrigin.CheckAsync(guard, logger, cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFailure.IsDatabaseFailure(e))
        {
            throw PostgreSqlFailure.Unavailable(e, endpoint);
        }
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
