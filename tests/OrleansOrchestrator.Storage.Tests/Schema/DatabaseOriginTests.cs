using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.PostgreSql;
using OrleansOrchestrator.Testing;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Schema;

/// <summary>Databases that are not what they were: their revisions go on past all that may have been seen (S5).</summary>
public sealed class DatabaseOriginTests(PostgreSqlFixture fixture)
{
    private static readonly ShardId Pods = new("pods");

    [Fact]
    public async Task Database_MigratedAgain_GoesOnAsItWas()
    {
        PostgreSqlFixture.RequireServer();
        var database = await CreateAsync(fixture.Server, "again");

        await PostgreSqlMigrations.RunAsync(database, NullLogger.Instance, Cancellation);

        (await OpenAsync(database)).ShouldBe((2, 0));
    }

    [Fact]
    public async Task Database_RestoredFromADump_GivesNoRevisionASecondTime()
    {
        PostgreSqlFixture.RequireServer();
        var database = await CreateAsync(fixture.Server, "dumped");
        var dump = Path.Combine(fixture.Server.SocketFolder, "dumped.dump");
        await fixture.Server.RunProgramAsync("pg_dump", ["-Fc", "-f", dump, "dumped"], Cancellation);
        var restored = await fixture.Server.CreateDatabaseAsync("restored", Cancellation);
        await fixture.Server.RunProgramAsync("pg_restore", ["-d", "restored", dump], Cancellation);

        await PostgreSqlMigrations.RunAsync(restored, NullLogger.Instance, Cancellation);
        var (head, compacted) = await OpenAsync(restored);
        head.ShouldBeGreaterThan(1_000_000_000);
        compacted.ShouldBe(head, "whoever comes with a revision of before has to start over");

        await PostgreSqlMigrations.RunAsync(restored, NullLogger.Instance, Cancellation);
        (await OpenAsync(restored)).ShouldBe((head, compacted), "once is enough");
    }

    [Fact]
    public async Task Database_RestoredInPlace_GivesNoRevisionASecondTime()
    {
        PostgreSqlFixture.RequireServer();
        var database = await CreateAsync(fixture.Server, "inplace");
        var dump = Path.Combine(fixture.Server.SocketFolder, "inplace.dump");
        await fixture.Server.RunProgramAsync("pg_dump", ["-Fc", "-f", dump, "inplace"], Cancellation);
        await fixture.Server.RunProgramAsync("pg_restore", ["--clean", "-d", "inplace", dump], Cancellation);

        await PostgreSqlMigrations.RunAsync(database, NullLogger.Instance, Cancellation);

        (await OpenAsync(database)).Head.ShouldBeGreaterThan(1_000_000_000);
    }

    [Fact]
    public async Task Standby_OnceItIsPromoted_GivesNoRevisionASecondTime()
    {
        PostgreSqlFixture.RequireServer();
        await using var primary = await PostgreSqlServer.StartAsync(Cancellation);
        await CreateAsync(primary, "log");
        await using var standby = await PostgreSqlServer.StartStandbyAsync(primary, Cancellation);
        await primary.KillAsync();
        await standby.PromoteAsync(Cancellation);

        await PostgreSqlMigrations.RunAsync(standby.ConnectionString("log"), NullLogger.Instance, Cancellation);

        (await OpenAsync(standby.ConnectionString("log"))).Head.ShouldBeGreaterThan(1_000_000_000);
    }

    /// <summary>A database with two changes.</summary>
    private static async Task<string> CreateAsync(PostgreSqlServer server, string name)
    {
        var database = await server.CreateDatabaseAsync(name, Cancellation);
        await PostgreSqlMigrations.RunAsync(database, NullLogger.Instance, Cancellation);
        await using var connections = PostgreSqlConnections.Create(database, new PostgreSqlOptions());
        await using var log = new PostgreSqlObjectLog(connections);
        var opening = await log.OpenAsync(Pods, Cancellation);
        await log.CommitAsync(Pods, opening.Epoch, Commit(0, Added(1, "ns", "a"), Added(2, "ns", "b")), Cancellation);
        return database;
    }

    private static async Task<(long Head, long Compacted)> OpenAsync(string database)
    {
        await using var connections = PostgreSqlConnections.Create(database, new PostgreSqlOptions());
        await using var log = new PostgreSqlObjectLog(connections);
        var opening = await log.OpenAsync(Pods, Cancellation);
        (await log.LoadAsync(Pods, Cancellation).ToListAsync(Cancellation)).Count.ShouldBe(2);
        return (opening.HeadRevision, opening.CompactedRevision);
    }
}
