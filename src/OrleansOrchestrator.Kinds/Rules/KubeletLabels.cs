using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>The labels of Kubernetes' own domains that a node may give to itself: what a daemon knows of its machine.</summary>
/// <remarks>See k8s.io/kubelet/pkg/apis/well_known_labels.go.</remarks>
public static class KubeletLabels
{
    /// <summary>These labels, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. new[]
        {
            TopologyLabels.Hostname, TopologyLabels.Zone, TopologyLabels.Region, TopologyLabels.BetaZone, TopologyLabels.BetaRegion,
            "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
            "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
        }.Order(StringComparer.Ordinal),
    ];

    /// <summary>The domains in which it may choose labels.</summary>
    public static IReadOnlyList<string> Domains { get; } = ["kubelet.kubernetes.io", "node.kubernetes.io"];

    /// <summary>Whether a label belongs to Kubernetes and a node may not give it to itself.</summary>
    public static bool IsForeign(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var domain = DomainOf(label);
        return (IsIn(domain, "kubernetes.io") || IsIn(domain, "k8s.io")) && !Names.Contains(label, StringComparer.Ordinal) && !Domains.Any(own => IsIn(domain, own));
    }

    /// <summary>The part of a label before the slash; empty if it has none.</summary>
    public static string DomainOf(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var slash = label.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? "" : label[..slash];
    }

    /// <summary>Whether a domain is another one or belongs to it.</summary>
    public static bool IsIn(string domain, string parent)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(parent);
        return domain.EndsWith(parent, StringComparison.Ordinal) && (domain.Length == parent.Length || domain[^(parent.Length + 1)] == '.');
    }
}
