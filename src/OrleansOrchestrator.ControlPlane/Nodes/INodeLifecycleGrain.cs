using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Watches the heartbeats of all nodes, taints those that fall silent, and moves their pods.</summary>
[Alias("INodeLifecycleGrain")]
internal interface INodeLifecycleGrain : ISingletonGrain
{
    /// <summary>Issues a beat, for daemons to tell of in their renewals: see <see cref="Model.Fencing.VoteLedger"/>.</summary>
    [Alias("Beat")]
    Task<string> BeatAsync();
}
