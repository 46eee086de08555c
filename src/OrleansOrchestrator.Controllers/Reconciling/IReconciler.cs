using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>
/// Decides what to do about one object of a kind: observed objects in, plan out. Pure: no clock, no I/O and no state, so the same
/// observation gives the same plan. The control plane finds every reconciler of this assembly, runs it whenever something that it
/// depends on changes, and applies its plan.
/// </summary>
public interface IReconciler
{
    /// <summary>The controller's name, as in <c>replication-controller</c>.</summary>
    string Name { get; }

    /// <summary>The source of its events.</summary>
    string EventSource => Name;

    /// <summary>
    /// The user as which the controller writes. As in Kubernetes, each controller has its own service account, so that
    /// authorization and audit can tell controllers apart.
    /// </summary>
    string User => ControllerUsers.ServiceAccount(Name);

    /// <summary>The resource whose objects are reconciled.</summary>
    ResourceName Primary { get; }

    /// <summary>The relations to other objects that a plan depends on. A change of a related object reconciles the primaries concerned.</summary>
    IReadOnlyList<Relation> Relations { get; }

    /// <summary>
    /// Whether plans have a <see cref="Plan.Memory"/>: history that decisions depend on, and that nobody should see in objects. All
    /// other reconcilers remember nothing.
    /// </summary>
    bool HasMemory => false;

    /// <summary>
    /// Whether plans have a <see cref="Plan.Summary"/>: the next observation then holds only the parts of the primary that may have
    /// changed (<see cref="Relation.PartsOf"/>).
    /// </summary>
    bool DecidesByPart => false;

    /// <summary>The least time between two reconciles of one object, so that the writes of a plan do not cause the next one.</summary>
    TimeSpan Pace => TimeSpan.Zero;

    /// <summary>
    /// Whether a primary object may need reconciling. Others are not queued, whatever changes, which matters for kinds with many
    /// objects that change often.
    /// </summary>
    bool IsWorthALook(StoredObject primary) => true;

    /// <summary>
    /// The longest time for which changes of related objects are gathered after a look at a primary, so that the changes of a thousand
    /// pods cost a few looks. The first change after that time is acted on at once, and so is any change of the primary. The time is
    /// in proportion to the observed objects: with a few of them it is next to nothing.
    /// </summary>
    TimeSpan BatchPeriod => TimeSpan.FromMilliseconds(250);

    /// <summary>Makes the plan for an observation.</summary>
    Plan Reconcile(Observation observation);
}
