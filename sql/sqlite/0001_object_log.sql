-- The object log on one machine. One process has the file to itself, so there are no leases; the rest is as in PostgreSQL.
-- Text compares by its bytes, which is SQLite's default (BINARY).
CREATE TABLE resource_shards (
    id                 INTEGER PRIMARY KEY,
    resource           TEXT    NOT NULL,
    shard              INTEGER NOT NULL,
    epoch              INTEGER NOT NULL,
    barrier            INTEGER NOT NULL,
    head_revision      INTEGER NOT NULL,
    compacted_revision INTEGER NOT NULL,
    trimmed_revision   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (resource, shard),
    CHECK (compacted_revision <= head_revision)
) STRICT;

CREATE TABLE changes (
    shard_id          INTEGER NOT NULL,
    revision          INTEGER NOT NULL,
    previous_revision INTEGER NOT NULL,
    -- Milliseconds since 1970 in UTC.
    committed_at      INTEGER NOT NULL,
    type              INTEGER NOT NULL CHECK (type IN (1, 2, 3)),
    namespace         TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    value             BLOB    NOT NULL,
    PRIMARY KEY (shard_id, revision),
    CHECK ((type = 1) = (previous_revision = 0))
) STRICT;
