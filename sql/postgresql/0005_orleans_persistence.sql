-- State of the few small grains that are kept through Orleans. A grain's key arrives as two numbers and a string; the
-- providers also compute hashes, which a real primary key does not need. The table tells grains apart only as well as the
-- provider does (see docs/storage.md), so every state needs a name of its own.
CREATE TABLE orleans_grain_state (
    service_id text    NOT NULL COLLATE "C",
    grain_type text    NOT NULL COLLATE "C",
    key_n0     bigint  NOT NULL,
    key_n1     bigint  NOT NULL,
    key_string text    NOT NULL COLLATE "C",
    -- Without payload after a clear: the version must go on growing.
    payload    bytea,
    version    integer NOT NULL,
    PRIMARY KEY (service_id, grain_type, key_n0, key_n1, key_string)
);

INSERT INTO orleansquery (querykey, querytext) VALUES
-- Without a version the state must be new, with one it must still be the one that was read. No row means a conflict.
('WriteToStorageKey', $query$
    WITH inserted AS (
        INSERT INTO orleans_grain_state (service_id, grain_type, key_n0, key_n1, key_string, payload, version)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version),
    updated AS (
        UPDATE orleans_grain_state SET payload = @PayloadBinary, version = version + 1
        WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_n0 = @GrainIdN0 AND key_n1 = @GrainIdN1
            AND key_string = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
        RETURNING version)
    SELECT version AS NewGrainStateVersion FROM inserted UNION ALL SELECT version FROM updated
$query$),
('ReadFromStorageKey', $query$
    SELECT payload AS PayloadBinary, version AS Version
    FROM orleans_grain_state
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_n0 = @GrainIdN0 AND key_n1 = @GrainIdN1
        AND key_string = coalesce(@GrainIdExtensionString, '')
$query$),
('ClearStorageKey', $query$
    UPDATE orleans_grain_state SET payload = NULL, version = version + 1
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_n0 = @GrainIdN0 AND key_n1 = @GrainIdN1
        AND key_string = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
$query$),
('DeleteStorageKey', $query$
    DELETE FROM orleans_grain_state
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_n0 = @GrainIdN0 AND key_n1 = @GrainIdN1
        AND key_string = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version + 1 AS NewGrainStateVersion
$query$);
