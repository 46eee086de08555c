using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <summary>Deletes pods that have ended when they become too many.</summary>
[Alias("IPodCollectorGrain")]
internal interface IPodCollectorGrain : ISingletonGrain;
