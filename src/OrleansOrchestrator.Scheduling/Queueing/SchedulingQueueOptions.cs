namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>The times and bounds of the scheduling queue.</summary>
public sealed record SchedulingQueueOptions
{
    /// <summary>How long a pod is held back after its first failure.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a pod is held back at most; the time doubles with each failure until then.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long a pod that found no node is tried again although nothing happened.</summary>
    public TimeSpan UnschedulableTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many pods are held; more are refused, and found again by the caller's next listing.</summary>
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
