namespace OrleansOrchestrator.Storage.Log;

/// <summary>The rule for the current objects of a shard, shared by all databases: the versions that no other change replaces and that
/// are not deletions.</summary>
internal static class NewestVersions
{
    /// <summary>
    /// The end of a statement that begins with <c>WITH shard AS (SELECT id …)</c>. A set operation finds the newest versions without
    /// reading values, so that a planner with stale statistics cannot choose a bad join. The result is unordered: sorting whole values
    /// costs a server more than finding them.
    /// </summary>
    public const string Select = """
        , newest AS (
            SELECT revision FROM changes WHERE shard_id = (SELECT id FROM shard) AND type <> 3
            EXCEPT
            SELECT previous_revision FROM changes WHERE shard_id = (SELECT id FROM shard)
        )
        SELECT namespace, name, revision, value FROM newest JOIN changes USING (revision)
        WHERE shard_id = (SELECT id FROM shard)
        """;
}
