using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>Follows owner references through all resources, and deletes objects whose last owner is gone.</summary>
[Alias("IGarbageCollectorGrain")]
internal interface IGarbageCollectorGrain : ISingletonGrain;
