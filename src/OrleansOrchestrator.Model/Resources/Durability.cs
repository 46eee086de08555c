namespace OrleansOrchestrator.Model.Resources;

/// <summary>A store's promise for an acknowledged write of a resource.</summary>
public enum Durability
{
    /// <summary>Acknowledged after the database has it.</summary>
    Durable,

    /// <summary>Acknowledged at once and written later; a crash may lose the last moments. For events.</summary>
    WriteBehind,

    /// <summary>Kept in memory only and lost in a failover; revisions still only increase. For node leases.</summary>
    Volatile,
}
