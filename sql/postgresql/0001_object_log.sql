-- The object log: who owns a shard and how far it is, and every version of every object that is still of use. Keys compare by
-- their bytes (COLLATE "C"), whatever the database's own collation is.

-- One row per shard, updated by every commit. Most of each page stays free and no index covers a column that changes, so
-- that every update is heap-only: it finds room on its page, touches no index, and the dead versions are pruned in passing.
CREATE TABLE resource_shards (
    id                 integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    resource           text        NOT NULL COLLATE "C",
    shard              integer     NOT NULL,
    epoch              bigint      NOT NULL,
    -- Raised by whoever resolves a commit of unknown outcome; a commit that was sent under a lower number has no effect.
    barrier            bigint      NOT NULL,
    head_revision      bigint      NOT NULL,
    -- Watches cannot resume at or before this revision. Obsolete versions are deleted up to the trimmed one.
    compacted_revision bigint      NOT NULL,
    trimmed_revision   bigint      NOT NULL DEFAULT 0,
    -- The owner's read lease: it begins when the lease of the owner before it has ended.
    lease_from         timestamptz NOT NULL,
    lease_until        timestamptz NOT NULL,
    PRIMARY KEY (resource, shard),
    UNIQUE (id),
    CHECK (compacted_revision <= head_revision)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Every version of every object. A row is written once, never updated, and deleted once: as soon as the change that follows on
-- it is compacted, or itself if it is a deletion. What no other row follows on, and is no deletion, is the newest version of
-- its object. The index tells which rows those are without a look at the values.
-- The shards' small numbers stand for their names, which keeps rows and keys short. There is no foreign key: a check per row
-- would cost more than the row, and only the statement that updates the shard's own row writes here.
CREATE TABLE changes (
    shard_id          integer     NOT NULL,
    revision          bigint      NOT NULL,
    -- The version that this one follows on; 0 for the first one.
    previous_revision bigint      NOT NULL,
    committed_at      timestamptz NOT NULL,
    type              smallint    NOT NULL,
    namespace         text        NOT NULL COLLATE "C",
    name              text        NOT NULL COLLATE "C",
    value             bytea       NOT NULL,
    PRIMARY KEY (shard_id, revision) INCLUDE (previous_revision, type),
    CHECK (type IN (1, 2, 3)),
    CHECK ((type = 1) = (previous_revision = 0))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);

-- LZ4 costs a fraction of the default compression for large values. A server may be built without it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE changes ALTER COLUMN value SET COMPRESSION lz4;
    END IF;
END
$$;
