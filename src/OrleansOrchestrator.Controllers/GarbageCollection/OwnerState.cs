namespace OrleansOrchestrator.Controllers.GarbageCollection;

/// <summary>How an owner that a reference names stands.</summary>
public enum OwnerState
{
    /// <summary>
    /// There is no object with the reference's uid where the reference says, as a read of the newest state showed. An owner
    /// in another namespace counts as absent. An owner of a resource that is not served counts as present: nothing
    /// can be known of it.
    /// </summary>
    Absent,

    /// <summary>It exists, and is not waiting for its dependents.</summary>
    Present,

    /// <summary>It is being deleted and waits for its dependents: it carries the finalizer <c>foregroundDeletion</c>.</summary>
    WaitingForDependents,
}
