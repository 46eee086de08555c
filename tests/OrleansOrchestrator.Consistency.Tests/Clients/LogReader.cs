using System.Text.Json.Nodes;
using Npgsql;
using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>Reads the changes of a namespace's ConfigMaps straight from the database, as they come, before they are trimmed.</summary>
internal sealed class LogReader(string database, string space, long after)
{
    private const string Statement =
        """
        SELECT c.revision, c.type, c.name, c.value FROM changes c JOIN resource_shards s ON s.id = c.shard_id
        WHERE s.resource = 'configmaps' AND c.namespace = $1 AND c.revision > $2 ORDER BY c.revision
        """;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly List<Change> _changes = [];

    /// <summary>Reads until it is stopped; while the database is away, it waits.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _changes.AddRange(await ReadAsync(_changes.Count > 0 ? _changes[^1].Revision : after, CancellationToken.None));
            }
            catch (Exception away) when (away is NpgsqlException or TimeoutException or IOException)
            {
                // The next round reads it.
            }

            await Task.Delay(Period, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Once the reading has been stopped: every change in the order in which it was found. What turns up late, below what had been read before, comes last.</summary>
    public async Task<IReadOnlyList<Change>> CompleteAsync(CancellationToken cancellationToken)
    {
        _changes.AddRange(await ReadAsync(_changes.Count > 0 ? _changes[^1].Revision : after, cancellationToken));
        var known = _changes.ToHashSet();
        _changes.AddRange((await ReadAsync(after, cancellationToken)).Where(change => !known.Contains(change)));
        return _changes;
    }

    private async Task<List<Change>> ReadAsync(long from, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Statement, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = space });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = from });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var changes = new List<Change>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var obj = JsonNode.Parse(reader.GetFieldValue<byte[]>(3))!;
            if (ConfigMapClient.IsOurs(obj))
                changes.Add(new Change(reader.GetInt64(0), TypeOf(reader.GetInt16(1)), reader.GetString(2), ConfigMapClient.VersionOf(obj).Value));
        }

        return changes;
    }

    private static ChangeType TypeOf(short type) => (ChangeType)(type - 1);
}
