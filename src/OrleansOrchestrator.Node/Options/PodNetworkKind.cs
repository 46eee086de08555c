namespace OrleansOrchestrator.Node.Options;

/// <summary>Who gives pods their network.</summary>
public enum PodNetworkKind
{
    /// <summary>The engine: Docker's default bridge, or what containerd's operator has configured.</summary>
    Engine,

    /// <summary>The daemon: a bridge with the node's <c>spec.podCIDRs</c>, and routes to the pods of other nodes.</summary>
    Bridge,

    /// <summary>The operator: the first configuration in the folder of network configurations.</summary>
    Cni,
}
