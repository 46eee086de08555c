using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.Identity;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Sqlite;
using OrleansOrchestrator.Storage.Tests.Contract;

namespace OrleansOrchestrator.Storage.Tests.Sqlite;

/// <summary>A file in a folder of its own. Reopening closes it first: only one process may have it.</summary>
internal sealed class SqliteTestStore : TestStore
{
    private readonly string _folder;

    private SqliteTestStore(string folder, SqliteDatabase database)
    {
        _folder = folder;
        Database = database;
    }

    public SqliteDatabase Database { get; private set; }

    public override IObjectLog Log => new SqliteObjectLog(Database, TimeProvider.System);

    public override IClusterIdentityStore Identity => new SqliteIdentityStore(Database);

    public static async Task<TestStore> CreateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-sqlite-").FullName;
        return new SqliteTestStore(folder, await OpenAsync(folder));
    }

    public override async Task ReopenAsync()
    {
        await Database.DisposeAsync();
        Database = await OpenAsync(_folder);
    }

    public override Task<List<long>> StoredRevisionsAsync() => Database.ReadAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "SELECT c.revision FROM changes AS c JOIN resource_shards AS s ON s.id = c.shard_id WHERE s.resource = $resource ORDER BY 1";
            command.Parameters.AddWithValue("$resource", Shard.Resource);
            using var reader = command.ExecuteReader();
            List<long> revisions = [];
            while (reader.Read())
                revisions.Add(reader.GetInt64(0));
            return revisions;
        },
        CancellationToken.None);

    public override async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<SqliteDatabase> OpenAsync(string folder) =>
        SqliteDatabase.OpenAsync(Path.Combine(folder, "state.db"), NullLogger.Instance, CancellationToken.None);
}
