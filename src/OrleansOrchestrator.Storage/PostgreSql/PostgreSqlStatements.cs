using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>All statements of the object log. docs/storage.md explains them.</summary>
internal static class PostgreSqlStatements
{
    /// <summary>Raises the epoch. It grants no lease, and leaves a lease that still runs unchanged.</summary>
    public const string Open = """
        INSERT INTO resource_shards (resource, shard, epoch, barrier, head_revision, compacted_revision, lease_duration)
        VALUES ($1, $2, 1, 0, 0, 0, interval '0')
        ON CONFLICT (resource, shard) DO UPDATE SET epoch = resource_shards.epoch + 1, barrier = 0
        RETURNING epoch, head_revision, compacted_revision, lease_duration
        """;

    /// <summary>
    /// The whole commit. Without a row in <c>head</c> the other parts do nothing, so that a fenced writer changes nothing. The
    /// statement locks the row before it writes anything, and holds the lock until the commit is durable.
    /// </summary>
    /// <remarks>
    /// Turns parallel arrays into rows. Set-returning functions in the select list run in lockstep and pass on each row at once;
    /// <c>FROM unnest(…)</c> would first copy all values, which costs more than storing them.
    /// </remarks>
    public const string Commit = """
        WITH head AS (
            UPDATE resource_shards
            SET head_revision = $6, lease_epoch = epoch,
                lease_duration = CASE WHEN lease_epoch = epoch THEN greatest(lease_duration, $7) ELSE $7 END
            WHERE resource = $1 AND shard = $2 AND epoch = $3 AND barrier = $4 AND head_revision = $5
            RETURNING id, clock_timestamp() AS committed_at
        ), history AS (
            INSERT INTO changes (shard_id, revision, previous_revision, committed_at, type, namespace, name, value)
            SELECT head.id, revision, previous_revision, committed_at, type, namespace, name, value
            FROM head CROSS JOIN (
                SELECT unnest($8) AS revision, unnest($9) AS previous_revision, unnest($10) AS type,
                    unnest($11) AS namespace, unnest($12) AS name, unnest($13) AS value) AS batch
        )
        SELECT id FROM head
        """;

    /// <summary>Waits for a commit that is being executed, and invalidates one that has not arrived yet.</summary>
    public const string RaiseBarrier = """
        UPDATE resource_shards SET barrier = $4
        WHERE resource = $1 AND shard = $2 AND epoch = $3 AND barrier < $4
        RETURNING head_revision
        """;

    /// <summary>While one owner holds a lease, it never gets shorter. An owner gets a lease only after it has waited for the previous
    /// one.</summary>
    public const string RenewLease = """
        UPDATE resource_shards
        SET lease_epoch = epoch, lease_duration = CASE WHEN lease_epoch = epoch THEN greatest(lease_duration, $4) ELSE $4 END
        WHERE resource = $1 AND shard = $2 AND epoch = $3
        """;

    /// <summary>Gives up the owner's own lease. The previous owner's lease may still run.</summary>
    public const string Release = """
        UPDATE resource_shards SET lease_duration = interval '0'
        WHERE resource = $1 AND shard = $2 AND epoch = $3 AND lease_epoch = $3
        """;

    /// <summary>Finds the newest versions in the primary key alone, however long the history is.</summary>
    public const string Load = $"""
        WITH shard AS (SELECT id FROM resource_shards WHERE resource = $1 AND shard = $2)
        {NewestVersions.Select}
        """;

    /// <summary>
    /// Returns one row with a null revision if there are no changes, because the compacted revision must come from the same snapshot.
    /// Reads sizes without reading large values, which are stored out of line. Returns the first change whatever its size.
    /// </summary>
    public const string ReadChanges = """
        SELECT compacted_revision, change.revision, change.type, change.namespace, change.name, change.value, change.previous_value
        FROM resource_shards LEFT JOIN LATERAL (
            SELECT *,
                sum(octet_length(value) + coalesce(octet_length(previous_value), 0)) OVER (ORDER BY revision) AS bytes,
                row_number() OVER (ORDER BY revision) AS position
            FROM (
                SELECT step.*, previous.value AS previous_value
                FROM (
                    SELECT * FROM changes
                    WHERE shard_id = resource_shards.id AND revision > $3
                    ORDER BY revision
                    LIMIT $4
                ) AS step LEFT JOIN changes AS previous
                    ON previous.shard_id = resource_shards.id AND previous.revision = step.previous_revision
            ) AS sized
        ) AS change ON bytes <= $5 OR position = 1
        WHERE resource = $1 AND shard = $2
        ORDER BY change.revision
        """;

    /// <summary>Chooses the end of the next bounded step of a trim, and records it before anything is deleted.</summary>
    public const string Compact = """
        WITH shard AS (
            SELECT id, compacted_revision, head_revision FROM resource_shards WHERE resource = $1 AND shard = $2
        ), step AS (
            SELECT revision, committed_at FROM changes
            WHERE shard_id = (SELECT id FROM shard)
                AND revision > (SELECT compacted_revision FROM shard)
                AND revision < (SELECT head_revision FROM shard) - $4
            ORDER BY revision
            LIMIT $5
        ), target AS (
            SELECT max(revision) AS revision FROM step WHERE committed_at <= clock_timestamp() - $3
        )
        UPDATE resource_shards SET compacted_revision = target.revision
        FROM target
        WHERE resource = $1 AND shard = $2 AND compacted_revision < target.revision
        """;

    /// <summary>
    /// Deletes what a bounded number of compacted changes made obsolete: the versions that they replaced, and deletions themselves.
    /// Keeps the newest version of an object, however old it is. Safe to repeat.
    /// </summary>
    public const string DeleteObsolete = """
        WITH shard AS (
            SELECT id, compacted_revision, trimmed_revision FROM resource_shards WHERE resource = $1 AND shard = $2
        ), step AS (
            SELECT revision, previous_revision, type FROM changes
            WHERE shard_id = (SELECT id FROM shard)
                AND revision > (SELECT trimmed_revision FROM shard)
                AND revision <= (SELECT compacted_revision FROM shard)
            ORDER BY revision
            LIMIT $3
        ), deleted AS (
            DELETE FROM changes USING shard, (
                SELECT previous_revision AS revision FROM step WHERE previous_revision > 0
                UNION ALL
                SELECT revision FROM step WHERE type = 3) AS obsolete
            WHERE shard_id = shard.id AND changes.revision = obsolete.revision
        )
        SELECT max(revision) FROM step
        """;

    /// <summary>Records the progress of the deletions. A separate statement, so that the deletions do not lock a shard's row.</summary>
    public const string NoteTrimmed = """
        UPDATE resource_shards SET trimmed_revision = $3
        WHERE resource = $1 AND shard = $2 AND trimmed_revision < $3
        """;

    public const string ReadCompacted = "SELECT compacted_revision FROM resource_shards WHERE resource = $1 AND shard = $2";
}
