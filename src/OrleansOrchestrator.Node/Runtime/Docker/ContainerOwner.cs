namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>To whom a container belongs. A daemon sees and touches only its own: clusters may share an engine.</summary>
/// <param name="Cluster">The cluster's id; see <see cref="Agent.ClusterMembership"/>.</param>
/// <param name="Node">The node's name in that cluster.</param>
internal sealed record ContainerOwner(string Cluster, string Node);
