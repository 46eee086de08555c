namespace OrleansOrchestrator.Model.Metadata;

/// <summary>The labels that say where a node is, or a volume.</summary>
/// <remarks>See https://kubernetes.io/docs/reference/labels-annotations-taints/.</remarks>
public static class TopologyLabels
{
    /// <summary>The name of the machine.</summary>
    public const string Hostname = "kubernetes.io/hostname";

    /// <summary>The zone.</summary>
    public const string Zone = "topology.kubernetes.io/zone";

    /// <summary>The region.</summary>
    public const string Region = "topology.kubernetes.io/region";

    /// <summary>The zone, as old volumes and nodes name it.</summary>
    public const string BetaZone = "failure-domain.beta.kubernetes.io/zone";

    /// <summary>The region, as old volumes and nodes name it.</summary>
    public const string BetaRegion = "failure-domain.beta.kubernetes.io/region";

    /// <summary>The present name of an old label; any other name as it is.</summary>
    public static string Present(string label) => label switch
    {
        BetaZone => Zone,
        BetaRegion => Region,
        _ => label,
    };
}
