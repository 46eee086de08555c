-- What grains remember and no API object says. A state has a name of its own, and belongs to one grain.
CREATE TABLE grain_state (
    name    TEXT    NOT NULL,
    grain   TEXT    NOT NULL,
    -- Without payload after a clear: the version must go on growing.
    payload BLOB,
    version INTEGER NOT NULL,
    PRIMARY KEY (name, grain)
) STRICT, WITHOUT ROWID;
