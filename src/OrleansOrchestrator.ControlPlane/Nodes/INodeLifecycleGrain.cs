using OrleansOrchestrator.ControlPlane.Hosting;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Watches the heartbeats of all nodes, taints those that fall silent, and moves their pods.</summary>
[Alias("INodeLifecycleGrain")]
internal interface INodeLifecycleGrain : IAlwaysWantedGrain;
