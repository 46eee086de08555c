using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.PostgreSql;
using OrleansOrchestrator.Testing;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>One server and one migrated database for all tests that leave the server alone.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    private PostgreSqlServer? _server;
    private PostgreSqlConnections? _connections;
    private string? _connectionString;

    public PostgreSqlServer Server => _server ?? throw new InvalidOperationException("PostgreSQL is not running");

    public PostgreSqlConnections Connections => _connections ?? throw new InvalidOperationException("PostgreSQL is not running");

    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("PostgreSQL is not running");

    /// <summary>Skips the running test where there is no PostgreSQL.</summary>
    public static void RequireServer() => Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");

    public async ValueTask InitializeAsync()
    {
        if (PostgreSqlServer.Missing is not null)
            return;

        _server = await PostgreSqlServer.StartAsync();
        _connectionString = await _server.CreateDatabaseAsync();
        await PostgreSqlMigrations.RunAsync(_connectionString, NullLogger.Instance, CancellationToken.None);
        _connections = PostgreSqlConnections.Create(_connectionString, new PostgreSqlOptions());
    }

    public async ValueTask DisposeAsync()
    {
        if (_connections is not null)
            await _connections.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
