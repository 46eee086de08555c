using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.PostgreSql;

namespace OrleansOrchestrator.Storage.Tests.Schema;

public sealed class PostgreSqlMigrationTests(PostgreSqlFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrate_SeveralSilosAtOnce_RunsEveryScriptOnce()
    {
        PostgreSqlFixture.RequireServer();
        var connectionString = await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation))));
        await PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation);

        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand("SELECT scriptname FROM schema_migrations ORDER BY 1");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        List<string> scripts = [];
        while (await reader.ReadAsync(Cancellation))
            scripts.Add(reader.GetString(0));
        scripts.ShouldBe(
        [
            "postgresql/0001_object_log.sql", "postgresql/0002_cluster_identity.sql", "postgresql/0003_orleans_queries.sql",
            "postgresql/0004_orleans_membership.sql", "postgresql/0005_orleans_persistence.sql", "postgresql/0006_orleans_reminders.sql",
            "postgresql/0007_database_origin.sql", "postgresql/0008_lease_durations.sql", "postgresql/0009_orleans_reminders_removed.sql",
        ]);
    }

    [Fact]
    public async Task Migrate_DatabaseOfANewerVersion_IsRefusedInOneLine()
    {
        PostgreSqlFixture.RequireServer();
        var connectionString = await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation);
        await PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var later = source.CreateCommand("INSERT INTO schema_migrations (scriptname, applied) VALUES ('postgresql/9999_later.sql', now())"))
            await later.ExecuteNonQueryAsync(Cancellation);

        (await Should.ThrowAsync<StoreUnusableException>(() => PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation)))
            .Message.ShouldContain("newer version of orchestrator (schema postgresql/9999_later.sql)");
    }

    [Fact]
    public async Task Migrate_SchemaOfItsOwn_PutsEverythingThere()
    {
        PostgreSqlFixture.RequireServer();
        var connectionString = await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var create = source.CreateCommand("CREATE SCHEMA orchestrator"))
            await create.ExecuteNonQueryAsync(Cancellation);

        await PostgreSqlMigrations.RunAsync(connectionString + ";Search Path=orchestrator", NullLogger.Instance, Cancellation);

        await using var count = source.CreateCommand("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
        (await count.ExecuteScalarAsync(Cancellation)).ShouldBe(0L);
    }

    [Fact]
    public async Task Migrate_DatabaseInAnotherEncoding_IsRefusedInOneLine()
    {
        PostgreSqlFixture.RequireServer();
        var name = $"latin_{Guid.NewGuid():N}"[..20];
        await fixture.Server.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1'", Cancellation);

        var failure = await Should.ThrowAsync<StoreUnusableException>(() =>
            PostgreSqlMigrations.RunAsync(fixture.Server.ConnectionString(name), NullLogger.Instance, Cancellation));

        failure.Message.ShouldBe($"the database {name} at 127.0.0.1:{fixture.Server.Port} is encoded in LATIN1; create it with encoding UTF8");
    }

    [Fact]
    public async Task Migrate_RoleMayNotCreateTables_IsRefusedInOneLine()
    {
        PostgreSqlFixture.RequireServer();
        var role = $"reader_{Guid.NewGuid():N}"[..20];
        var connectionString = await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation);
        await fixture.Server.ExecuteAsync($"CREATE ROLE {role} LOGIN", Cancellation);

        var failure = await Should.ThrowAsync<StoreUnusableException>(() =>
            PostgreSqlMigrations.RunAsync(connectionString + $";Username={role}", NullLogger.Instance, Cancellation));

        failure.Message.ShouldStartWith("cannot migrate PostgreSQL at 127.0.0.1:");
        failure.Message.ShouldContain("permission denied");
        failure.Message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Database=x", "cannot connect to PostgreSQL at 127.0.0.1:1: connection refused")]
    [InlineData("Host=nowhere.invalid;Username=x;Database=x", "cannot connect to PostgreSQL at nowhere.invalid:5432: the host name cannot be resolved")]
    [InlineData("Host=/nonexistent;Username=x;Database=x", "cannot connect to PostgreSQL at /nonexistent/.s.PGSQL.5432: no such socket")]
    public async Task Migrate_ServerNotReached_SaysSoInOneLine(string connectionString, string message)
    {
        var failure = await Should.ThrowAsync<LogUnavailableException>(() =>
            PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation));

        failure.Message.ShouldBe(message);
    }

    [Fact]
    public async Task Migrate_DatabaseDoesNotExist_SaysSoInOneLine()
    {
        PostgreSqlFixture.RequireServer();

        var failure = await Should.ThrowAsync<LogUnavailableException>(() =>
            PostgreSqlMigrations.RunAsync(fixture.Server.ConnectionString("missing"), NullLogger.Instance, Cancellation));

        failure.Message.ShouldBe($"cannot connect to PostgreSQL at 127.0.0.1:{fixture.Server.Port}: database \"missing\" does not exist");
    }

    [Theory]
    [InlineData("Host=a;Nonsense=1")]
    [InlineData("Username=a")]
    public void Connections_MalformedConnectionString_IsRefused(string connectionString) =>
        Should.Throw<StoreUnusableException>(() => PostgreSqlConnections.Create(connectionString, new PostgreSqlOptions()))
            .Message.ShouldNotContain("\n");

    [Fact]
    public void Options_OutOfRange_AreAllNamed()
    {
        var options = new PostgreSqlOptions { CommandTimeout = TimeSpan.Zero, CommitConnectionsMax = 0, TrimBatchRows = 0 };

        options.Faults().ShouldBe(
            ["CommandTimeout must be at least one second.", "CommitConnectionsMax must be at least 1.", "TrimBatchRows must be at least 1."]);
    }

    [Fact]
    public async Task Log_DatabaseNotMigrated_SaysWhatToDo()
    {
        PostgreSqlFixture.RequireServer();
        await using var connections = PostgreSqlConnections.Create(
            await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation), new PostgreSqlOptions());
        await using var log = new PostgreSqlObjectLog(connections);

        var failure = await Should.ThrowAsync<LogUnavailableException>(() => log.OpenAsync(new ShardId("pods"), Cancellation));

        failure.Message.ShouldEndWith("run 'orchestrator migrate'");
    }

    [Fact]
    public async Task Migrate_Progress_GoesToTheLoggerOnly()
    {
        PostgreSqlFixture.RequireServer();
        var logger = new ListLogger();
        var console = new StringWriter();
        var previous = Console.Out;
        Console.SetOut(console);
        try
        {
            await PostgreSqlMigrations.RunAsync(
                await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation), logger, Cancellation);
        }
        finally
        {
            Console.SetOut(previous);
        }

        logger.Lines.ShouldContain(line => line.Contains("0001_object_log", StringComparison.Ordinal));
        console.ToString().ShouldNotContain("object_log");
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
