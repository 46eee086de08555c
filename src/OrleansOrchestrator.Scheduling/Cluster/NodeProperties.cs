using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The properties of a node object that scheduling reads.</summary>
internal sealed record NodeProperties(
    IDictionary<string, string> Labels, IReadOnlyList<V1Taint> Taints, bool IsUnschedulable, bool HasVolumeFolder, ResourceAmounts Allocatable)
{
    private static readonly IDictionary<string, string> NoLabels = new Dictionary<string, string>();

    public static NodeProperties From(V1Node node) => new(
        node.Metadata.Labels ?? NoLabels,
        node.Spec?.Taints is { Count: > 0 } taints ? [.. taints] : [],
        node.Spec?.Unschedulable == true,
        LocalPathVolumes.FolderOf(node) is not null,
        // A node without allocatable amounts offers its capacity.
        ResourceAmounts.From(node.Status?.Allocatable ?? node.Status?.Capacity));

    /// <summary>The changes from an older version of the node.</summary>
    public ClusterEvents ChangesSince(NodeProperties old)
    {
        var changes = ClusterEvents.None;
        if (!Allocatable.SameAs(old.Allocatable))
            changes |= ClusterEvents.NodeAllocatableChanged;
        if (!SameLabels(Labels, old.Labels) || HasVolumeFolder != old.HasVolumeFolder)
            changes |= ClusterEvents.NodeLabelsChanged;
        if (IsUnschedulable != old.IsUnschedulable || !Taints.Select(Identity).SequenceEqual(old.Taints.Select(Identity)))
            changes |= ClusterEvents.NodeTaintsChanged;
        return changes;
    }

    public static bool SameLabels(IDictionary<string, string> labels, IDictionary<string, string> others)
    {
        if (ReferenceEquals(labels, others))
            return true;
        if (labels.Count != others.Count)
            return false;
        foreach (var (key, value) in labels)
        {
            if (!others.TryGetValue(key, out var other) || other != value)
                return false;
        }

        return true;
    }

    private static (string?, string?, string?) Identity(V1Taint taint) => (taint.Key, taint.Value, taint.Effect);
}
