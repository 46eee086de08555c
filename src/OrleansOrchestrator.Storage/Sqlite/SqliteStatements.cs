using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>All statements of the object log in SQLite. <see cref="PostgreSql.PostgreSqlStatements"/> has their counterparts.</summary>
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
        INSERT INTO changes (shard_id, revision, previous_revision, committed_at, type, namespace, name, value)
        VALUES ($id, $revision, $previous, $now, $type, $namespace, $name, $value)
        """;

    /// <summary>A write, so that it overwrites what a failed commit may have left in the write-ahead log.</summary>
    public const string RaiseBarrier = """
        UPDATE resource_shards SET barrier = barrier + 1
        WHERE resource = $resource AND shard = $shard AND epoch = $epoch
        RETURNING head_revision
        """;

    public const string ReadEpoch = "SELECT epoch FROM resource_shards WHERE resource = $resource AND shard = $shard";

    public const string Load = $"""
        WITH shard AS (SELECT id FROM resource_shards WHERE resource = $resource AND shard = $shard)
        {NewestVersions.Select}
        """;

    public const string ReadCompacted = "SELECT compacted_revision FROM resource_shards WHERE resource = $resource AND shard = $shard";

    public const string ReadChanges = """
        SELECT c.revision, c.type, c.namespace, c.name, c.value, previous.value
        FROM changes AS c LEFT JOIN changes AS previous
            ON previous.shard_id = c.shard_id AND previous.revision = c.previous_revision
        WHERE c.shard_id = (SELECT id FROM resource_shards WHERE resource = $resource AND shard = $shard) AND c.revision > $after
        ORDER BY c.revision
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

    /// <summary>The last change of the next step of deletions; null once the deletions have reached the compacted revision.</summary>
    public const string NextTrimStep = """
        SELECT max(revision) FROM (
            SELECT c.revision FROM resource_shards AS s JOIN changes AS c ON c.shard_id = s.id
            WHERE s.resource = $resource AND s.shard = $shard
                AND c.revision > s.trimmed_revision AND c.revision <= s.compacted_revision
            ORDER BY c.revision
            LIMIT $batch)
        """;

    /// <summary>Deletes what the changes of a step made obsolete: the versions that they replaced, and deletions themselves.</summary>
    public const string DeleteObsolete = """
        DELETE FROM changes WHERE rowid IN (
            SELECT obsolete.rowid FROM resource_shards AS s
            JOIN changes AS c ON c.shard_id = s.id AND c.revision > s.trimmed_revision AND c.revision <= $done
            JOIN changes AS obsolete ON obsolete.shard_id = s.id
                AND obsolete.revision IN (c.previous_revision, CASE c.type WHEN 3 THEN c.revision END)
            WHERE s.resource = $resource AND s.shard = $shard)
        """;

    public const string NoteTrimmed = "UPDATE resource_shards SET trimmed_revision = $done WHERE resource = $resource AND shard = $shard";
}
