-- Which silos are in the cluster. Every change of a member also raises the cluster's version, conditionally on the version
-- that the silo has read: of two silos that change the table at once, one succeeds and the other reads again.
CREATE TABLE orleans_membership_version (
    deployment_id text    NOT NULL COLLATE "C",
    version       integer NOT NULL,
    PRIMARY KEY (deployment_id)
) WITH (fillfactor = 20);

CREATE TABLE orleans_membership (
    deployment_id text        NOT NULL COLLATE "C",
    address       text        NOT NULL COLLATE "C",
    port          integer     NOT NULL,
    generation    integer     NOT NULL,
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    -- The numbers of Orleans' SiloStatus: 3 is active, 6 is dead.
    status        integer     NOT NULL,
    proxy_port    integer     NOT NULL,
    suspect_times text,
    start_time    timestamptz NOT NULL,
    i_am_alive    timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, address, port, generation),
    FOREIGN KEY (deployment_id) REFERENCES orleans_membership_version
) WITH (fillfactor = 50);

INSERT INTO orleansquery (querykey, querytext) VALUES
('InsertMembershipVersionKey', $query$
    WITH inserted AS (
        INSERT INTO orleans_membership_version (deployment_id, version) VALUES (@DeploymentId, 0)
        ON CONFLICT DO NOTHING
        RETURNING 1)
    SELECT count(*) FROM inserted
$query$),
('InsertMembershipKey', $query$
    WITH advanced AS (
        UPDATE orleans_membership_version AS cluster SET version = version + 1
        WHERE deployment_id = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM orleans_membership AS member
            WHERE member.deployment_id = cluster.deployment_id
                AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment_id),
    inserted AS (
        INSERT INTO orleans_membership (
            deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive)
        SELECT deployment_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM advanced
        RETURNING 1)
    SELECT count(*) FROM inserted
$query$),
('UpdateMembershipKey', $query$
    WITH advanced AS (
        UPDATE orleans_membership_version AS cluster SET version = version + 1
        WHERE deployment_id = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM orleans_membership AS member
            WHERE member.deployment_id = cluster.deployment_id
                AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment_id),
    updated AS (
        UPDATE orleans_membership AS member
        SET status = @Status, suspect_times = @SuspectTimes, i_am_alive = @IAmAliveTime
        FROM advanced
        WHERE member.deployment_id = advanced.deployment_id
            AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*) FROM updated
$query$),
('UpdateIAmAlivetimeKey', $query$
    UPDATE orleans_membership SET i_am_alive = @IAmAliveTime
    WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$),
-- A cluster without members still has a version, which must come back in a row of its own.
('MembershipReadAllKey', $query$
    SELECT cluster.deployment_id AS DeploymentId, address AS Address, port AS Port, generation AS Generation,
        silo_name AS SiloName, host_name AS HostName, status AS Status, proxy_port AS ProxyPort,
        suspect_times AS SuspectTimes, start_time AS StartTime, i_am_alive AS IAmAliveTime, version AS Version
    FROM orleans_membership_version AS cluster LEFT JOIN orleans_membership AS member USING (deployment_id)
    WHERE cluster.deployment_id = @DeploymentId
$query$),
('MembershipReadRowKey', $query$
    SELECT cluster.deployment_id AS DeploymentId, address AS Address, port AS Port, generation AS Generation,
        silo_name AS SiloName, host_name AS HostName, status AS Status, proxy_port AS ProxyPort,
        suspect_times AS SuspectTimes, start_time AS StartTime, i_am_alive AS IAmAliveTime, version AS Version
    FROM orleans_membership_version AS cluster LEFT JOIN orleans_membership AS member
        ON member.deployment_id = cluster.deployment_id
            AND address = @Address AND port = @Port AND generation = @Generation
    WHERE cluster.deployment_id = @DeploymentId
$query$),
('GatewaysQueryKey', $query$
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM orleans_membership
    WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
$query$),
('DeleteMembershipTableEntriesKey', $query$
    WITH deleted AS (
        DELETE FROM orleans_membership WHERE deployment_id = @DeploymentId)
    DELETE FROM orleans_membership_version WHERE deployment_id = @DeploymentId
$query$),
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM orleans_membership
    WHERE deployment_id = @DeploymentId AND i_am_alive < @IAmAliveTime AND status = 6
$query$),
-- Later versions of the provider choose the rows themselves and delete them one by one, if they are still the same.
('CleanupDefunctSiloEntryKey', $query$
    DELETE FROM orleans_membership
    WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        AND start_time = @StartTime AND i_am_alive = @IAmAliveTime
        AND suspect_times IS NOT DISTINCT FROM @SuspectTimes AND status = 6
$query$);
