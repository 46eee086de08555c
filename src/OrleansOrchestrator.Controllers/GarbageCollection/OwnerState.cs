namespace OrleansOrchestrator.Controllers.GarbageCollection;

/// <summary>How an owner that a reference names stands.</summary>
public enum OwnerState
{
    /// <summary>No object of the reference's kind has the reference's uid, as a read of the newest state showed.</summary>
    Absent,

    /// <summary>It exists, and is not waiting for its dependents.</summary>
    Present,

    /// <summary>It is being deleted and waits for its dependents: it carries the finalizer <c>foregroundDeletion</c>.</summary>
    WaitingForDependents,

    /// <summary>Nothing can be known of it: its kind is not served in the reference's version, or has no objects.</summary>
    Unresolvable,

    /// <summary>
    /// Its kind lives in namespaces, and it cannot be in the dependent's: the dependent is in none, or the owner lives in another one.
    /// </summary>
    OutsideNamespace,
}
