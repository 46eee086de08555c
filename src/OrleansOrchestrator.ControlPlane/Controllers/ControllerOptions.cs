using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Bounds and times of the controllers.</summary>
public sealed record ControllerOptions
{
    /// <summary>The most objects of a kind that are reconciled at the same time.</summary>
    public int ConcurrencyMax { get; init; } = 16;

    /// <summary>The wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often every object is looked at even if nothing changes.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.AtLeastOne(ConcurrencyMax);
        faults.Positive(BackoffBase);
        faults.Positive(BackoffMax);
        faults.Positive(ResyncPeriod);
        return faults.All;
    }
}
