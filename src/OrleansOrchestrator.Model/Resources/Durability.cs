namespace OrleansOrchestrator.Model.Resources;

/// <summary>What a store promises about an acknowledged write of a resource.</summary>
public enum Durability
{
    /// <summary>It survives everything: acknowledged after the database has it.</summary>
    Durable,

    /// <summary>Acknowledged at once and written behind; a crash may lose the last moments. For events.</summary>
    WriteBehind,

    /// <summary>Kept in memory only and gone after a failover; revisions still only increase. For node leases.</summary>
    Volatile,
}
