using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Watches the heartbeats of all nodes, taints silent nodes, and evicts their pods.</summary>
[Alias("INodeLifecycleGrain")]
internal interface INodeLifecycleGrain : ISingletonGrain
{
    /// <summary>Issues a beat, which daemons return in their renewals: see <see cref="Model.Fencing.VoteLedger"/>.</summary>
    [Alias("Beat")]
    Task<string> BeatAsync();
}
