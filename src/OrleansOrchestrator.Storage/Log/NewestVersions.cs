namespace OrleansOrchestrator.Storage.Log;

/// <summary>What the objects of a shard are, said once for all databases: the versions that no other change follows on, and that are
/// no deletions.</summary>
internal static class NewestVersions
{
    /// <summary>
    /// The end of a statement that begins with <c>WITH shard AS (SELECT id …)</c>. Which versions are the newest is found by a set
    /// operation without a look at their values: a planner with stale statistics cannot make a bad join of it.
    /// Unordered: sorting whole values costs a server more than finding them.
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
