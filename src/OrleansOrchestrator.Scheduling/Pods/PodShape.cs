using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// What a pod demands of a node, compiled from its specification. Pods of one template have equal shapes, and nodes that
/// were filtered and scored for one of them need not be filtered and scored again for the next: the shape is the
/// equivalence class. What differs between replicas (name, labels,
/// owner, node) is not part of it.
/// </summary>
internal sealed class PodShape : IEquatable<PodShape>
{
    private readonly string _key;
    private readonly int _hash;

    public PodShape(V1Pod pod)
    {
        var spec = pod.Spec;
        Requests = PodRequests.Compute(spec);
        var scored = PodRequests.ComputeForScoring(spec);
        ScoredCpuMilli = scored.CpuMilli;
        ScoredMemoryBytes = scored.MemoryBytes;
        Extended = [.. Requests.Extended.Where(pair => pair.Value > 0).OrderBy(pair => pair.Key, StringComparer.Ordinal)];
        Ports = CollectPorts(spec);
        Comparisons = Extended.Length + Ports.Length + ComparisonCount.Of(spec);
        // What no node is compared with need not be compiled either; whoever changes such a pod again and again would
        // otherwise keep all others waiting for that.
        if (!IsTooCostly)
        {
            NodeAffinity = NodeAffinityRules.From(spec);
            Tolerations = spec.Tolerations is { Count: > 0 } tolerations ? [.. tolerations] : [];
            SpreadConstraints = SpreadConstraint.From(pod);
            AffinityTerms = AffinityTerm.From(pod);
        }

        _key = PodShapeKey.Format(pod, this);
        _hash = _key.GetHashCode();
    }

    /// <summary>What the node must have free.</summary>
    public ResourceAmounts Requests { get; }

    /// <summary>CPU that scores weigh, in thousandths of a core.</summary>
    public long ScoredCpuMilli { get; }

    /// <summary>Memory that scores weigh, in bytes.</summary>
    public long ScoredMemoryBytes { get; }

    /// <summary>The extended resources that are asked for, by name.</summary>
    public KeyValuePair<string, long>[] Extended { get; }

    public HostPort[] Ports { get; }

    public NodeAffinityRules? NodeAffinity { get; }

    public V1Toleration[] Tolerations { get; } = [];

    public SpreadConstraint[] SpreadConstraints { get; } = [];

    public AffinityTerm[] AffinityTerms { get; } = [];

    /// <summary>How many comparisons it takes at most to judge one node, not counting the pods that run there.</summary>
    public int Comparisons { get; }

    /// <summary>
    /// Whether it takes so many that all others would wait for it. Such a pod is not placed, and if somebody has assigned it to
    /// a node, its affinity terms do not count for others.
    /// </summary>
    public bool IsTooCostly => Comparisons > ComparisonCount.Max;

    /// <summary>Whether the pod requests nothing that a score could weigh.</summary>
    public bool IsBestEffort => Requests.CpuMilli == 0 && Requests.MemoryBytes == 0;

    public bool Equals(PodShape? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _key == other._key);

    /// <summary>How much of an extended resource is asked for.</summary>
    public long AmountOf(string extended)
    {
        foreach (var (name, amount) in Extended)
        {
            if (name == extended)
                return amount;
        }

        return 0;
    }

    public override bool Equals(object? obj) => Equals(obj as PodShape);

    public override int GetHashCode() => _hash;

    private static HostPort[] CollectPorts(V1PodSpec spec)
    {
        List<HostPort>? ports = null;
        foreach (var container in spec.Containers ?? [])
            Collect(container);
        foreach (var container in spec.InitContainers ?? [])
        {
            // Only sidecars keep their ports while the pod runs.
            if (container.RestartPolicy == "Always")
                Collect(container);
        }

        return ports is null ? [] : [.. ports];

        void Collect(V1Container container)
        {
            foreach (var port in container.Ports ?? [])
            {
                if (port.HostPort is > 0 and var number)
                    (ports ??= []).Add(HostPort.From(port.HostIP, port.Protocol, number));
            }
        }
    }
}
