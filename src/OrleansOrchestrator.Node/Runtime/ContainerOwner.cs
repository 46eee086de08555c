namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The owner of a container. A daemon sees and changes only its own containers, because clusters may share an engine.</summary>
/// <param name="Cluster">The cluster's id; see <see cref="Agent.ClusterMembership"/>.</param>
/// <param name="Node">The node's name in that cluster.</param>
internal sealed record ContainerOwner(string Cluster, string Node);
