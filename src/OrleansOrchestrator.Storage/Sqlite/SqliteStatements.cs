namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>Every statement of the object log in SQLite; their counterparts are in PostgreSqlStatements.</summary>
internal static class SqliteStatements
{
    public const string Open = """
        INSERT INTO resource_shards (resource, shard, epoch, barrier, head_revision, compacted_revision)
        VALUES ($resource, $shard, 1, 0, 0, 0)
        ON CONFLICT (resource, shard) DO UPDATE SET epoch = epoch + 1, barrier = 0
        RETURNING epoch, head_revision, compacted_revision
        """;

    public const string AdvanceHead = """
        UPDATE resource_shards SET head_revision = $after
        WHERE resource = $resource AND shard = $shard AND epoch = $epoch AND head_revision = $before
        RETURNING id
        """;

    public const string InsertChange = """
        INSERT INTO changes (shard_id, revision, committed_at, type, namespace, name, value, previous)
        VALUES ($id, $revision, $now, $type, $namespace, $name, $value, $previous)
        """;

    public const string StoreObject = """
        INSERT INTO objects (shard_id, revision, namespace, name, value) VALUES ($id, $revision, $namespace, $name, $value)
        ON CONFLICT (shard_id, namespace, name) DO UPDATE SET revision = excluded.revision, value = excluded.value
        """;

    public const string RemoveObject = "DELETE FROM objects WHERE shard_id = $id AND namespace = $namespace AND name = $name";

    /// <summary>A write, so that what a failed commit may have left in the write-ahead log is overwritten.</summary>
    public const string RaiseBarrier = """
        UPDATE resource_shards SET barrier = barrier + 1
        WHERE resource = $resource AND shard = $shard AND epoch = $epoch
        RETURNING head_revision
        """;

    public const string ReadEpoch = "SELECT epoch FROM resource_shards WHERE resource = $resource AND shard = $shard";

    public const string Load = """
        SELECT namespace, name, revision, value FROM objects
        WHERE shard_id = (SELECT id FROM resource_shards WHERE resource = $resource AND shard = $shard)
        ORDER BY namespace, name
        """;

    public const string ReadCompacted = "SELECT compacted_revision FROM resource_shards WHERE resource = $resource AND shard = $shard";

    public const string ReadChanges = """
        SELECT revision, type, namespace, name, value, previous FROM changes
        WHERE shard_id = (SELECT id FROM resource_shards WHERE resource = $resource AND shard = $shard) AND revision > $after
        ORDER BY revision
        LIMIT $limit
        """;

    public const string Compact = """
        UPDATE resource_shards SET compacted_revision = target.revision
        FROM (
            SELECT max(revision) AS revision FROM (
                SELECT change.revision, change.committed_at
                FROM resource_shards AS s JOIN changes AS change ON change.shard_id = s.id
                WHERE s.resource = $resource AND s.shard = $shard
                    AND change.revision > s.compacted_revision AND change.revision < s.head_revision - $count
                ORDER BY change.revision
                LIMIT $batch)
            WHERE committed_at <= $before) AS target
        WHERE resource = $resource AND shard = $shard AND compacted_revision < target.revision
        """;

    public const string DeleteCompacted = """
        DELETE FROM changes WHERE rowid IN (
            SELECT change.rowid FROM resource_shards AS s JOIN changes AS change ON change.shard_id = s.id
            WHERE s.resource = $resource AND s.shard = $shard AND change.revision <= s.compacted_revision
            ORDER BY change.revision
            LIMIT $batch)
        """;
}
