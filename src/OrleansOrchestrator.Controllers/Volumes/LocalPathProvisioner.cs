using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>
/// Makes the volumes of classes with the provisioner <see cref="LocalPathVolumes.Provisioner"/>: each a folder of the node that the
/// scheduler chose. The node makes the folder when the first pod with the volume starts.
/// </summary>
/// <remarks>See github.com/rancher/local-path-provisioner, and sigs.k8s.io/sig-storage-lib-external-provisioner for the protocol.</remarks>
public sealed class LocalPathProvisioner : IReconciler
{
    private const string ProvisioningFailed = "ProvisioningFailed";
    // NAME_MAX of Linux' file systems. Names of objects have no other characters than ASCII.
    private const int FileNameCharsMax = 255;

    private static readonly ClassesOfClaim Classes = new();

    // Nodes change all the time, and what is read of one hardly ever.
    private static readonly NamedByPrimary Node = new(
        WellKnownResources.Nodes, claim => claim is V1PersistentVolumeClaim { IsOpen: true, SelectedNode: { } node } ? [new ObjectKey("", node)] : [])
    {
        IsWatched = false,
        NeedsNewest = static (_, node) => node is not V1Node known || LocalPathVolumes.FolderOf(known) is null,
    };

    private static readonly NamedByPrimary Volume = new(
        WellKnownResources.PersistentVolumes, claim => claim is V1PersistentVolumeClaim { IsOpen: true } ? [new ObjectKey("", NameOf(claim))] : []);

    /// <inheritdoc/>
    public string Name => "local-path-provisioner";

    /// <inheritdoc/>
    public string EventSource => LocalPathVolumes.Provisioner;

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumeClaims;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Classes, Node, Volume];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1PersistentVolumeClaim { Spec: not null, IsOpen: true } claim || claim.IsDeleting || !IsAskedFor(claim)
            || observation.Of<V1StorageClass>(Classes).SingleOrDefault() is not { Provisioner: LocalPathVolumes.Provisioner } storage
            || (storage.WaitsForConsumer && claim.SelectedNode is null) || observation.Related(Volume).Count > 0)
        {
            return Plan.Nothing;
        }

        if (Fault(claim) is { } fault)
            return new Plan { Events = [Failed(storage, fault)] };
        if (observation.Of<V1Node>(Node).SingleOrDefault() is not { } node)
            return Reschedule(claim, storage, $"failed to get target node: nodes \"{claim.SelectedNode}\" not found");
        if (LocalPathVolumes.FolderOf(node) is not { } folder)
            return Reschedule(claim, storage, $"node \"{node.Metadata.Name}\" has no folder for volumes");

        return new Plan
        {
            Actions =
            [
                new CreateObject(WellKnownResources.PersistentVolumes, VolumeOf(claim, storage, node, folder))
                {
                    Cause = new PlannedEvent("Normal", "Provisioning", $"External provisioner is provisioning volume for claim \"{claim.Key}\""),
                    EventOnSuccess = name => new PlannedEvent("Normal", "ProvisioningSucceeded", $"Successfully provisioned volume {name}"),
                    EventOnFailure = why => Failed(storage, why),
                },
            ],
        };
    }

    private static string NameOf(KubeObject claim) => $"pvc-{claim.Metadata.Uid}";

    // The uid tells volumes apart; the rest is for people, as far as file systems allow.
    private static string FolderOf(KubeObject claim)
    {
        var name = $"{NameOf(claim)}_{claim.Metadata.NamespaceProperty}_{claim.Metadata.Name}";
        return name[..Math.Min(name.Length, FileNameCharsMax)];
    }

    private static bool IsAskedFor(V1PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations?.TryGetValue(VolumeMetadataKeys.StorageProvisioner, out var provisioner) is true && provisioner == LocalPathVolumes.Provisioner;

    private static string? Fault(V1PersistentVolumeClaim claim)
    {
        if (claim.Spec.Selector is not null)
            return "claim.Spec.Selector is not supported";
        if ((claim.Spec.AccessModes ?? []).Any(mode => mode is not (AccessModes.ReadWriteOnce or AccessModes.ReadWriteOncePod)))
            return "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes";
        if (claim.Spec.VolumeMode is "Block")
            return "block volume provisioning is not supported";
        if (claim.Spec.DataSourceRef is not null || claim.Spec.DataSource is not null)
            return "claim.Spec.DataSource is not supported";
        return claim.SelectedNode is null ? "configuration error, no node was specified" : null;
    }

    private static PlannedEvent Failed(V1StorageClass storage, string why) =>
        new("Warning", ProvisioningFailed, $"failed to provision volume with StorageClass \"{storage.Metadata.Name}\": {why}");

    /// <summary>Lets the scheduler choose again, because the node that it chose can never have the volume.</summary>
    private Plan Reschedule(V1PersistentVolumeClaim claim, V1StorageClass storage, string why)
    {
        var changed = ObjectCodec.Clone(claim);
        changed.Metadata.Annotations = changed.Metadata.Annotations.Where(one => one.Key != VolumeMetadataKeys.SelectedNode).ToDictionary(StringComparer.Ordinal);
        return new Plan
        {
            Actions = [new UpdateObject(Primary, changed)],
            Events = [Failed(storage, why)],
        };
    }

    private static V1PersistentVolume VolumeOf(V1PersistentVolumeClaim claim, V1StorageClass storage, V1Node node, string folder) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = NameOf(claim),
            Labels = new Dictionary<string, string> { [LocalPathVolumes.NodeLabel] = LocalPathVolumes.LabelOf(node.Metadata.Name) },
            Annotations = new Dictionary<string, string>
            {
                [VolumeMetadataKeys.ProvisionedBy] = LocalPathVolumes.Provisioner,
                [LocalPathVolumes.NodeAnnotation] = node.Metadata.Name,
            },
            // Admission adds the first one too, but the folder must never go before the claim.
            Finalizers = [VolumeMetadataKeys.VolumeProtection, LocalPathVolumes.Finalizer],
        },
        Spec = new V1PersistentVolumeSpec
        {
            AccessModes = claim.Spec.AccessModes,
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = claim.RequestedSize.ToResourceQuantity() },
            ClaimRef = new V1ObjectReference
            {
                ApiVersion = "v1",
                Kind = "PersistentVolumeClaim",
                NamespaceProperty = claim.Metadata.NamespaceProperty,
                Name = claim.Metadata.Name,
                Uid = claim.Metadata.Uid,
                ResourceVersion = claim.Metadata.ResourceVersion,
            },
            Local = new V1LocalVolumeSource { Path = $"{folder.TrimEnd('/')}/{FolderOf(claim)}" },
            MountOptions = storage.MountOptions,
            NodeAffinity = new V1VolumeNodeAffinity
            {
                Required = new V1NodeSelector
                {
                    NodeSelectorTerms =
                    [
                        new V1NodeSelectorTerm
                        {
                            MatchExpressions = [new V1NodeSelectorRequirement { Key = TopologyLabels.Hostname, OperatorProperty = "In", Values = [node.Metadata.Labels[TopologyLabels.Hostname]] }],
                        },
                    ],
                },
            },
            PersistentVolumeReclaimPolicy = storage.ReclaimPolicy,
            StorageClassName = storage.Metadata.Name,
            VolumeMode = "Filesystem",
        },
    };
}
