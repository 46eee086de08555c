namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Every statement of the object log. docs/storage.md explains them.</summary>
internal static class PostgreSqlStatements
{
    /// <summary>Raises the epoch. The new lease is appended to the one that may still be running.</summary>
    public const string Open = """
        INSERT INTO resource_shards (resource, shard, epoch, barrier, head_revision, compacted_revision, lease_from, lease_until)
        VALUES ($1, $2, 1, 0, 0, 0, clock_timestamp(), clock_timestamp() + $3)
        ON CONFLICT (resource, shard) DO UPDATE SET
            epoch = resource_shards.epoch + 1,
            barrier = 0,
            lease_from = greatest(resource_shards.lease_until, clock_timestamp()),
            lease_until = greatest(resource_shards.lease_until, clock_timestamp()) + $3
        RETURNING epoch, head_revision, compacted_revision, lease_from - clock_timestamp()
        """;

    /// <summary>
    /// The whole commit: without the row in <c>head</c> every other part finds nothing to do, so a fenced writer changes
    /// nothing. The row lock is taken before anything is written and held until the commit is durable.
    /// </summary>
    public const string Commit = $"""
        WITH head AS (
            UPDATE resource_shards
            SET head_revision = $6, lease_until = greatest(lease_until, clock_timestamp() + $7)
            WHERE resource = $1 AND shard = $2 AND epoch = $3 AND barrier = $4 AND head_revision = $5
            RETURNING id, clock_timestamp() AS committed_at
        ), history AS (
            INSERT INTO changes (shard_id, revision, committed_at, type, namespace, name, value, previous)
            SELECT head.id, revision, committed_at, type, namespace, name, value, previous
            FROM head CROSS JOIN ({Batch}) AS batch
        ), stored AS (
            INSERT INTO objects (shard_id, revision, namespace, name, value)
            SELECT head.id, revision, namespace, name, value
            FROM head CROSS JOIN ({Batch}) AS batch
            WHERE newest AND type <> 3
            ON CONFLICT (shard_id, namespace, name) DO UPDATE SET revision = excluded.revision, value = excluded.value
        ), removed AS (
            DELETE FROM objects USING head, ({Batch}) AS batch
            WHERE newest AND type = 3
                AND objects.shard_id = head.id AND objects.namespace = batch.namespace AND objects.name = batch.name
        )
        SELECT id FROM head
        """;

    /// <summary>
    /// The arrays side by side as rows. Set-returning functions in the select list run in lockstep and hand each row on at
    /// once; <c>FROM unnest(…)</c>, or one shared CTE, would first copy all values, which costs more than storing them.
    /// </summary>
    private const string Batch = """
        SELECT unnest($8) AS revision, unnest($9) AS type, unnest($10) AS namespace, unnest($11) AS name,
            unnest($12) AS value, unnest($13) AS previous, unnest($14) AS newest
        """;

    /// <summary>Waits for a commit that is being executed, and makes one that has not arrived yet come too late.</summary>
    public const string RaiseBarrier = """
        UPDATE resource_shards SET barrier = $4
        WHERE resource = $1 AND shard = $2 AND epoch = $3 AND barrier < $4
        RETURNING head_revision
        """;

    /// <summary>A lease is only ever extended.</summary>
    public const string RenewLease = """
        UPDATE resource_shards SET lease_until = greatest(lease_until, clock_timestamp() + $4)
        WHERE resource = $1 AND shard = $2 AND epoch = $3
        """;

    /// <summary>Gives up the owner's own lease, not what may remain of the one before it.</summary>
    public const string Release = """
        UPDATE resource_shards SET lease_until = greatest(lease_from, clock_timestamp())
        WHERE resource = $1 AND shard = $2 AND epoch = $3
        """;

    public const string Load = """
        SELECT namespace, name, revision, value FROM objects
        WHERE shard_id = (SELECT id FROM resource_shards WHERE resource = $1 AND shard = $2)
        ORDER BY namespace, name
        """;

    /// <summary>One row with a null revision if there are no changes: the compacted revision must come from the same snapshot.</summary>
    public const string ReadChanges = """
        SELECT compacted_revision, revision, type, namespace, name, value, previous
        FROM resource_shards LEFT JOIN LATERAL (
            SELECT * FROM changes
            WHERE shard_id = resource_shards.id AND revision > $3
            ORDER BY revision
            LIMIT $4
        ) AS change ON true
        WHERE resource = $1 AND shard = $2
        ORDER BY revision
        """;

    /// <summary>Decides how far the next bounded step of a trim goes, and records it before anything is deleted.</summary>
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

    /// <summary>Deletes a bounded number of compacted changes; more than one call may be needed after an interruption.</summary>
    public const string DeleteCompacted = """
        WITH shard AS (
            SELECT id, compacted_revision FROM resource_shards WHERE resource = $1 AND shard = $2
        )
        DELETE FROM changes
        WHERE shard_id = (SELECT id FROM shard) AND revision <= (
            SELECT max(revision) FROM (
                SELECT revision FROM changes
                WHERE shard_id = (SELECT id FROM shard) AND revision <= (SELECT compacted_revision FROM shard)
                ORDER BY revision
                LIMIT $3) AS step)
        """;

    public const string ReadCompacted = "SELECT compacted_revision FROM resource_shards WHERE resource = $1 AND shard = $2";
}
