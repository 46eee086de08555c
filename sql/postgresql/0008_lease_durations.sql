-- Leases are durations: how long the owner may answer reads from each renewal on, by its own clock. Whoever takes a shard over
-- waits for that long by his own clock, so that no clock of the database decides. An owner of before this script cannot renew
-- its lease any more, and what it was last granted was a second at most.
ALTER TABLE resource_shards
    ADD COLUMN lease_duration interval NOT NULL DEFAULT interval '1 second',
    -- The owner that the lease was granted to. An opening grants none.
    ADD COLUMN lease_epoch    bigint   NOT NULL DEFAULT 0,
    DROP COLUMN lease_from,
    DROP COLUMN lease_until;
