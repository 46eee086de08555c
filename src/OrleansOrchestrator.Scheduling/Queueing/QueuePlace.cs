namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>Where a pod waits.</summary>
public enum QueuePlace
{
    /// <summary>To be popped, the highest priority first.</summary>
    Active,

    /// <summary>For the end of its back-off.</summary>
    BackingOff,

    /// <summary>For a change that could make room for it.</summary>
    Unschedulable,

    /// <summary>For its scheduling gates to be lifted.</summary>
    Gated,

    /// <summary>For the outcome of the attempt it was popped for.</summary>
    InFlight,
}
