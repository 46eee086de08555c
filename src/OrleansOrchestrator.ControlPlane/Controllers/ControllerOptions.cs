using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Bounds and times of the controllers.</summary>
public sealed record ControllerOptions
{
    /// <summary>The shards of each controller. They are spread over the silos.</summary>
    public int ShardsPerController { get; init; } = 4;

    /// <summary>The most objects that one shard reconciles at the same time.</summary>
    public int ConcurrencyMax { get; init; } = 16;

    /// <summary>The most actions of one plan in flight. Creations share one commit, other actions take one each.</summary>
    public int ActionsAtOnceMax { get; init; } = 128;

    /// <summary>The wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For how long changes of related objects are gathered after a reconcile, for each object that it observed, up to the controller's
    /// own bound (a quarter of a second for most, half a second for DaemonSets, EndpointSlices and Endpoints, a second for Jobs and
    /// quotas). The first change after that is acted on at once, and so is every change of the object itself. Zero turns batching off.
    /// </summary>
    public TimeSpan BatchTimePerObject { get; init; } = TimeSpan.FromMilliseconds(0.5);

    /// <summary>How often each object is reconciled even without a change. The reconciles are spread over the period.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often a slice of the resync is queued.</summary>
    public TimeSpan ResyncSlicePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The least time that a shard stays on a silo before it moves to its proper one after silos came or went: silos learn of each
    /// other one after another.
    /// </summary>
    public TimeSpan ShardStayMin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// For how long a new activation of a shard reads only the newest state: writes of the previous activation may be in flight for as
    /// long as a call may take.
    /// </summary>
    public TimeSpan LatestAfterMove { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many pods that have ended are kept. The oldest of more are deleted; 0 keeps all.</summary>
    public int TerminatedPodsMax { get; init; } = 12_500;

    /// <summary>How often the pods that have ended are counted.</summary>
    public TimeSpan PodCollectionPeriod { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.AtLeastOne(ShardsPerController);
        faults.AtLeastOne(ConcurrencyMax);
        faults.AtLeastOne(ActionsAtOnceMax);
        faults.Positive(BackoffBase);
        faults.Positive(BackoffMax);
        faults.NotNegative(BatchTimePerObject);
        faults.Positive(ResyncPeriod);
        faults.Positive(ResyncSlicePeriod);
        faults.Positive(ShardStayMin);
        faults.Positive(LatestAfterMove);
        faults.AtLeast(TerminatedPodsMax, 0);
        faults.Positive(PodCollectionPeriod);
        return faults.All;
    }
}
