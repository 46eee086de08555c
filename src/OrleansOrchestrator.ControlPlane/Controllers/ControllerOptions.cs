using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Bounds and times of the controllers.</summary>
public sealed record ControllerOptions
{
    /// <summary>In how many parts each controller works, which are spread over the silos.</summary>
    public int ShardsPerController { get; init; } = 4;

    /// <summary>The most objects that one part of a controller works on at the same time.</summary>
    public int ConcurrencyMax { get; init; } = 16;

    /// <summary>The most actions of one plan that are under way at once. Creations are one commit, the others one each.</summary>
    public int ActionsAtOnceMax { get; init; } = 128;

    /// <summary>The wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often every object is looked at even if nothing changes. The looks are spread over the time.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the next of these looks are due.</summary>
    public TimeSpan ResyncSlicePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a part of a controller stays on a silo at the least before it moves to the one where it belongs since silos have
    /// come or gone: they learn of each other one after another.
    /// </summary>
    public TimeSpan ShardStayMin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// For how long a part of a controller that begins anew observes the newest state only: writes of its predecessor may be on
    /// their way for as long as a call takes at the most.
    /// </summary>
    public TimeSpan LatestAfterMove { get; init; } = TimeSpan.FromSeconds(30);

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
        faults.Positive(ResyncPeriod);
        faults.Positive(ResyncSlicePeriod);
        faults.Positive(ShardStayMin);
        faults.Positive(LatestAfterMove);
        return faults.All;
    }
}
