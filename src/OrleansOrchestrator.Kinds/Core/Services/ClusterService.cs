namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The service of the API itself. Its annotations tell node daemons the ranges of the cluster.</summary>
public static class ClusterService
{
    /// <summary>Its namespace.</summary>
    public const string Namespace = "default";

    /// <summary>Its name.</summary>
    public const string Name = "kubernetes";

    /// <summary>The annotation with the range of service addresses.</summary>
    public const string ServiceRangeAnnotation = "orleansorchestrator.io/service-cidr";

    /// <summary>The annotation with the addresses of all pods; absent if nodes get no ranges.</summary>
    public const string PodRangeAnnotation = "orleansorchestrator.io/cluster-cidr";
}
