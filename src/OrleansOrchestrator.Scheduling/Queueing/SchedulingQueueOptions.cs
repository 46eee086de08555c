namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>The times and bounds of the scheduling queue.</summary>
public sealed record SchedulingQueueOptions
{
    /// <summary>The back-off after a pod's first failure.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest back-off; it doubles with each failure until then.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an unschedulable pod waits at most for a change before it is retried.</summary>
    public TimeSpan UnschedulableTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most pods; others are refused, and return with the caller's next listing.</summary>
    public int PodsMax { get; init; } = 1_000_000;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(InitialBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(BackoffMax, InitialBackoff);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(UnschedulableTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(PodsMax, 1);
    }
}
