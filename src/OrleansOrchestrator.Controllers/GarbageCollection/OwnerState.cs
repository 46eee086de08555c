namespace OrleansOrchestrator.Controllers.GarbageCollection;

/// <summary>The state of an owner that a reference names.</summary>
public enum OwnerState
{
    /// <summary>The newest state has no object of the reference's kind and uid.</summary>
    Absent,

    /// <summary>The owner exists, and does not wait for its dependents.</summary>
    Present,

    /// <summary>The owner is being deleted and waits for its dependents: it has the finalizer <c>foregroundDeletion</c>.</summary>
    WaitingForDependents,

    /// <summary>The owner cannot be looked up: its kind is not served in the reference's version, or has no objects.</summary>
    Unresolvable,

    /// <summary>
    /// The owner's kind is namespaced, and the owner is not in the dependent's namespace: the dependent has none, or the owner is
    /// in another one.
    /// </summary>
    OutsideNamespace,
}
