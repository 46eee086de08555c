using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>The inputs that the built-in plugins read of a pod's specification.</summary>
internal static class PodInputs
{
    /// <summary>The pod's requests.</summary>
    public static readonly PodInput<PodResources> Resources = new PodInput<PodResources, PodResources>(
        "resources", PodResources.None, PodResources.Of, static resources => resources);

    /// <summary>The pod's host ports.</summary>
    public static readonly PodInput<HostPort[]> Ports = new PodInput<HostPort[], HostPort[]>(
        "host ports", [], static pod => HostPort.Of(pod.Spec), static ports => ports);

    /// <summary>The pod's tolerations.</summary>
    public static readonly PodInput<V1Toleration[]> Tolerations = new PodInput<IList<V1Toleration>, V1Toleration[]>(
        "tolerations", [], static pod => pod.Spec.Tolerations is { Count: > 0 } tolerations ? tolerations : null, static tolerations => [.. tolerations]);

    /// <summary>The pod's requirements and preferences for its node's labels and name.</summary>
    public static readonly PodInput<NodeAffinityRules> NodeAffinity = new PodInput<NodeAffinityRules.Source, NodeAffinityRules>(
        "node affinity", NodeAffinityRules.None, static pod => NodeAffinityRules.Source.Of(pod.Spec), static source => new NodeAffinityRules(source));

    /// <summary>The pod's spread constraints.</summary>
    public static readonly PodInput<SpreadConstraint[]> SpreadConstraints = new PodInput<SpreadConstraint.Source, SpreadConstraint[]>(
        "topology spread constraints", [], static pod => SpreadConstraint.Source.Of(pod), SpreadConstraint.From);

    /// <summary>The pod's affinity and anti-affinity to other pods.</summary>
    public static readonly PodInput<AffinityTerm[]> AffinityTerms = new PodInput<AffinityTerm.Source, AffinityTerm[]>(
        "affinity to pods", [], static pod => AffinityTerm.Source.Of(pod), AffinityTerm.From);

    /// <summary>The pod's images.</summary>
    public static readonly PodInput<PodImages> Images = new PodInput<IReadOnlyList<string>, PodImages>(
        "images", PodImages.None, static pod => PodImages.Select(pod.Spec), PodImages.From);

    /// <summary>The inputs that the cache counts for running pods.</summary>
    public static readonly IReadOnlyList<PodInput> OfCluster = [Resources, Ports, AffinityTerms];
}

/// <summary>A pod's requests.</summary>
/// <param name="CpuMilli">CPU in thousandths of a core.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="StorageBytes">Local ephemeral storage.</param>
/// <param name="ScoredCpuMilli">The CPU for scores: a default for containers without a request.</param>
/// <param name="ScoredMemoryBytes">The memory for scores: a default for containers without a request.</param>
/// <param name="Extended">The extended resources in the order of their names.</param>
internal sealed record PodResources(
    long CpuMilli, long MemoryBytes, long StorageBytes, long ScoredCpuMilli, long ScoredMemoryBytes, KeyValuePair<string, long>[] Extended)
{
    public static readonly PodResources None = new(0, 0, 0, 0, 0, []);

    /// <summary>Whether the pod requests neither CPU nor memory.</summary>
    public bool IsBestEffort => CpuMilli == 0 && MemoryBytes == 0;

    public static PodResources Of(V1Pod pod)
    {
        var requests = PodRequests.Compute(pod);
        var scored = PodRequests.ComputeForScoring(pod);
        return new PodResources(
            requests.CpuMilli, requests.MemoryBytes, requests.StorageBytes, scored.CpuMilli, scored.MemoryBytes,
            [.. requests.Extended.Where(pair => pair.Value > 0).OrderBy(pair => pair.Key, StringComparer.Ordinal)]);
    }

    /// <summary>The request of an extended resource.</summary>
    public long AmountOf(string extended)
    {
        foreach (var (name, amount) in Extended)
        {
            if (name == extended)
                return amount;
        }

        return 0;
    }
}
