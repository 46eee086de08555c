using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>How claims and volumes find each other. The binder, the scheduler and the nodes agree on this.</summary>
/// <remarks>See k8s.io/component-helpers/storage/volume.</remarks>
public static class VolumeMatching
{
    extension(V1PersistentVolumeClaim claim)
    {
        /// <summary>The name of the claim's class; empty if it wants none, or does not say.</summary>
        public string ClassName => VolumeChoices.ClassOf(claim.Metadata, claim.Spec?.StorageClassName);

        /// <summary>Whether the claim says which class it wants, if only that it wants none.</summary>
        public bool HasClass => claim.Spec?.StorageClassName is not null || claim.Annotation(VolumeMetadataKeys.StorageClass) is not null;

        /// <summary>Whether the claim was bound for good.</summary>
        public bool IsBindCompleted => claim.Annotation(VolumeMetadataKeys.BindCompleted) is not null;

        /// <summary>Whether the claim has neither a volume nor a volume that it asks for by name.</summary>
        public bool IsOpen => !claim.IsBindCompleted && string.IsNullOrEmpty(claim.Spec?.VolumeName);

        /// <summary>The node that the scheduler chose for the claim's first consumer; null if there is none yet.</summary>
        public string? SelectedNode => claim.Annotation(VolumeMetadataKeys.SelectedNode) is { Length: > 0 } node ? node : null;

        /// <summary>How much the claim asks for.</summary>
        public Quantity RequestedSize => SizeOf(claim.Spec?.Resources?.Requests);

        private string? Annotation(string key) => claim.Metadata.Annotations?.TryGetValue(key, out var value) is true ? value : null;
    }

    extension(V1PersistentVolume volume)
    {
        /// <summary>The name of the volume's class; empty if it has none.</summary>
        public string ClassName => VolumeChoices.ClassOf(volume.Metadata, volume.Spec?.StorageClassName);

        /// <summary>How large the volume is.</summary>
        public Quantity Size => SizeOf(volume.Spec?.Capacity);

        /// <summary>Whether any claim may get the volume.</summary>
        public bool IsFree => volume is { Spec.ClaimRef: null, Status.Phase: VolumePhase.Available, Metadata.DeletionTimestamp: null };

        /// <summary>Whether the volume is for a claim: by its uid, or by its name alone if somebody reserved the volume in advance.</summary>
        public bool IsFor(V1PersistentVolumeClaim claim) => volume.Spec?.ClaimRef is { } reference
            && reference.Name == claim.Metadata.Name && reference.NamespaceProperty == claim.Metadata.NamespaceProperty
            && (string.IsNullOrEmpty(reference.Uid) || reference.Uid == claim.Metadata.Uid);

        /// <summary>The provisioner that made the volume; null if somebody made it by hand.</summary>
        public string? Provisioner =>
            volume.Metadata.Annotations?.TryGetValue(VolumeMetadataKeys.ProvisionedBy, out var provisioner) is true ? provisioner : null;

        /// <summary>The nodes that can reach the volume; null if all can.</summary>
        public VolumeTopology? Topology => volume.Spec?.NodeAffinity?.Required is { } required ? new VolumeTopology(required) : null;
    }

    /// <summary>Why a claim cannot have the volume that it asks for by name; null if it can.</summary>
    public static string? WhyNot(V1PersistentVolume volume, V1PersistentVolumeClaim claim)
    {
        if (volume.Metadata.DeletionTimestamp is not null)
            return $"the volume is marked for deletion \"{volume.Metadata.Name}\"";
        if (volume.Size < claim.RequestedSize)
            return "requested PV is too small";
        if (volume.ClassName != claim.ClassName)
            return "storageClassName does not match";
        if (!HasSameMode(volume, claim))
            return "incompatible volumeMode";
        if (volume.Spec.VolumeAttributesClassName.Or("") != claim.Spec.VolumeAttributesClassName.Or(""))
            return "volumeAttributesClassName does not match";
        return HasModesOf(volume, claim) ? null : "incompatible accessMode";
    }

    /// <summary>The best volume for a claim; null if none fits. See <see cref="VolumeDemand"/>.</summary>
    public static V1PersistentVolume? FindBest(V1PersistentVolumeClaim claim, IEnumerable<V1PersistentVolume> volumes)
    {
        var demand = new VolumeDemand(claim);
        return volumes.Where(demand.Fits).Min(demand);
    }

    /// <summary>Whether a claim and a volume are both used as file systems, or both as devices.</summary>
    public static bool HasSameMode(V1PersistentVolume volume, V1PersistentVolumeClaim claim) =>
        volume.Spec.VolumeMode.Or(VolumeChoices.Filesystem) == claim.Spec.VolumeMode.Or(VolumeChoices.Filesystem);

    /// <summary>Whether a volume can be used in all ways that a claim asks for.</summary>
    internal static bool HasModesOf(V1PersistentVolume volume, V1PersistentVolumeClaim claim) =>
        claim.Spec.AccessModes.OrNone().All(mode => volume.Spec.AccessModes.OrNone().Contains(mode));

    private static Quantity SizeOf(IDictionary<string, ResourceQuantity>? amounts) =>
        Quantity.From(amounts.OrNone().TryGetValue(VolumeChoices.Storage, out var size) ? size : null);
}

/// <summary>The nodes that can reach a volume: alternatives of terms over labels and names.</summary>
public sealed class VolumeTopology
{
    private readonly NodeTerm[] _terms;

    /// <summary>Compiles the terms.</summary>
    public VolumeTopology(V1NodeSelector required)
    {
        ArgumentNullException.ThrowIfNull(required);
        _terms = [.. required.NodeSelectorTerms.OrNone().Select(term => new NodeTerm(term))];
        List<string>? hosts = [];
        foreach (var term in required.NodeSelectorTerms.OrNone())
        {
            var ofTerm = term.MatchExpressions.OrNone().FirstOrDefault(one => one is { Key: TopologyLabels.Hostname, OperatorProperty: "In" });
            hosts = ofTerm is null ? null : hosts?.Concat(ofTerm.Values.OrNone()).ToList();
        }

        Hostnames = hosts?.Distinct(StringComparer.Ordinal).ToList();
    }

    /// <summary>The only values of the label <c>kubernetes.io/hostname</c> that nodes can have; null if the terms do not restrict it.</summary>
    public IReadOnlyList<string>? Hostnames { get; }

    /// <summary>Whether a node can reach the volume.</summary>
    public bool Admits(string nodeName, IDictionary<string, string> labels) => Array.Exists(_terms, term => term.Matches(nodeName, labels));
}
