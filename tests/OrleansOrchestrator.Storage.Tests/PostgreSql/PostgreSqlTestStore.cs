using Npgsql;
using OrleansOrchestrator.Storage.Identity;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>A log over given connections. Its lease is released on reopening, as an orderly shutdown does.</summary>
internal sealed class PostgreSqlTestStore(PostgreSqlConnections connections) : TestStore
{
    private PostgreSqlObjectLog _log = new(connections);

    public override IObjectLog Log => _log;

    public override IClusterIdentityStore Identity { get; } = new PostgreSqlIdentityStore(connections);

    public override async Task ReopenAsync()
    {
        await _log.DisposeAsync();
        _log = new PostgreSqlObjectLog(connections);
    }

    public override async Task<List<long>> StoredRevisionsAsync()
    {
        await using var command = connections.General.CreateCommand(
            "SELECT array_agg(c.revision ORDER BY c.revision) FROM changes AS c JOIN resource_shards AS s ON s.id = c.shard_id WHERE s.resource = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Shard.Resource });
        return [.. (long[])(await command.ExecuteScalarAsync())!];
    }

    public override ValueTask DisposeAsync() => _log.DisposeAsync();
}
