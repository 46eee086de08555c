namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>The state of a pod in the queue.</summary>
public enum QueuePlace
{
    /// <summary>Ready to be popped, highest priority first.</summary>
    Active,

    /// <summary>Waits for the end of its back-off.</summary>
    BackingOff,

    /// <summary>Waits for a change that could make room for it.</summary>
    Unschedulable,

    /// <summary>Waits for its scheduling gates to be removed.</summary>
    Gated,

    /// <summary>Popped; waits for the result of its attempt.</summary>
    InFlight,
}
