using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>
/// Decides what to do about one object of a kind: observed objects in, plan out. Pure: no clock, no I/O, no memory; the
/// same observation gives the same plan. The control plane finds every reconciler of this assembly, runs it whenever
/// something that it depends on changes, and applies its plan.
/// </summary>
public interface IReconciler
{
    /// <summary>The controller's name, as in <c>replication-controller</c>: the source of its events.</summary>
    string Name { get; }

    /// <summary>
    /// The user as which the controller writes. Each has a service account of its own, as in Kubernetes, so that admission and
    /// audit can tell controllers apart.
    /// </summary>
    string User => ControllerUsers.ServiceAccount(Name);

    /// <summary>The resource whose objects are reconciled.</summary>
    ResourceName Primary { get; }

    /// <summary>What else decides about a primary object; changes of these run the reconciler of the primaries concerned.</summary>
    IReadOnlyList<Relation> Relations { get; }

    /// <summary>
    /// Whether there may be anything to do about a primary object as it is now. The others are not queued, which matters where the
    /// primary objects are many and change often.
    /// </summary>
    bool IsWorthALook(StoredObject primary) => true;

    /// <summary>Decides.</summary>
    Plan Reconcile(Observation observation);
}
