using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>Follows owner references through all resources, and deletes what has lost its last owner.</summary>
[Alias("IGarbageCollectorGrain")]
internal interface IGarbageCollectorGrain : ISingletonGrain;
