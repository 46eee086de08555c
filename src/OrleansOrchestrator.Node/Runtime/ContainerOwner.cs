namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The owner of a container. A daemon sees and changes only its own containers, because clusters may share an engine.</summary>
/// <param name="Cluster">The cluster's id; see <see cref="Agent.ClusterMembership"/>.</param>
/// <param name="Node">The node's name in that cluster.</param>
internal sealed record ContainerOwner(string Cluster, string Node)
{
    /// <summary>The id of the containers of static pods that the node started before it knew its cluster; null if it never did.</summary>
    public string? Provisional { get; init; }

    /// <summary>All ids of the node's containers. New ones get the first.</summary>
    public IEnumerable<string> Ids => Provisional is null ? [Cluster] : [Cluster, Provisional];
}
