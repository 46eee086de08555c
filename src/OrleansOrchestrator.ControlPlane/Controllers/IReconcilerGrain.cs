namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// Reconciles one object. The key is the reconciler's name and the object's key, as in
/// <c>replication-controller/default/web</c>.
/// </summary>
[Alias("IReconcilerGrain")]
internal interface IReconcilerGrain : IGrainWithStringKey
{
    /// <summary>Observes, decides and acts once.</summary>
    /// <param name="revisions">For the primary resource and each dependency's, in the reconciler's order, the revision that the
    /// observation must have reached at least: what made the caller ask.</param>
    [Alias("Reconcile")]
    Task<ReconcileOutcome> ReconcileAsync(IReadOnlyList<long> revisions);
}

/// <summary>How a reconciliation ended.</summary>
/// <param name="Succeeded">Whether everything that was planned was done; otherwise it wants to be tried again.</param>
/// <param name="RequeueAfter">When to look again even if nothing changes; null for only then.</param>
[GenerateSerializer, Immutable, Alias("ReconcileOutcome")]
internal sealed record ReconcileOutcome([property: Id(0)] bool Succeeded, [property: Id(1)] TimeSpan? RequeueAfter);
