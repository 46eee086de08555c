namespace OrleansOrchestrator.Benchmarks.Scheduling;

/// <summary>What the pods of a benchmark are like.</summary>
public enum Workload
{
    /// <summary>Pods of one template without an owner.</summary>
    OneTemplate,

    /// <summary>Pods of twenty templates in turn.</summary>
    TwentyTemplates,

    /// <summary>Replicas of ten controllers, spread over nodes.</summary>
    Replicas,

    /// <summary>Replicas of ten controllers, spread over nodes and three zones.</summary>
    ReplicasInZones,

    /// <summary>Pods that are all unlike each other, so that nothing can be shared.</summary>
    AllDifferent,
}
