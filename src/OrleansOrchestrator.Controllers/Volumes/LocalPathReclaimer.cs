using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>
/// Deletes a released local volume whose policy is <c>Delete</c>. A finalizer keeps the volume until its node has removed the folder,
/// also if the node is away meanwhile. A volume that keeps its data, or whose node was removed from the cluster, waits for no node.
/// </summary>
public sealed class LocalPathReclaimer : IReconciler
{
    private static readonly TimeSpan NodeCheckTime = TimeSpan.FromMinutes(1);

    // That a Node was removed may be noticed a little later; nodes change too often to follow them for that.
    private static readonly NamedByPrimary Node = new(
        WellKnownResources.Nodes,
        volume => volume.IsDeleting && LocalPathVolumes.NodeOf((V1PersistentVolume)volume) is { } node ? [new ObjectKey("", node)] : [])
    {
        IsWatched = false,
        NeedsNewest = static (_, node) => node is null,
    };

    private static readonly ClaimOfVolume Claim = new(IsReleased);

    /// <inheritdoc/>
    public string Name => "local-path-reclaimer";

    /// <inheritdoc/>
    public string EventSource => LocalPathVolumes.Provisioner;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("local-path-provisioner");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PersistentVolumes;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Node, Claim.Relation];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1PersistentVolume { Spec: not null } volume)
            return Plan.Nothing;
        if (!volume.IsDeleting)
        {
            return IsReleased(volume) && !Claim.Holds(volume, observation)
                ? new Plan { Actions = [new DeleteObject(Primary, volume.Key, volume.Metadata.Uid) { ResourceVersion = volume.Metadata.ResourceVersion }] }
                : Plan.Nothing;
        }

        // As long as a claim is bound to the volume, its data is in use.
        if (!volume.HasFinalizer(LocalPathVolumes.Finalizer) || volume.HasFinalizer(VolumeMetadataKeys.VolumeProtection))
            return Plan.Nothing;
        return LocalPathVolumes.LosesData(volume) && observation.Related(Node).Count > 0
            ? new Plan { RequeueAfter = NodeCheckTime }
            : ProtectionFinalizer.Remove(Primary, volume, LocalPathVolumes.Finalizer);
    }

    // The phase alone may be old: an administrator may just have freed the volume, or given it to another claim.
    private static bool IsReleased(V1PersistentVolume volume) => !volume.IsDeleting && volume.Status?.Phase == VolumePhase.Released
        && volume.Provisioner == LocalPathVolumes.Provisioner && LocalPathVolumes.LosesData(volume);
}
