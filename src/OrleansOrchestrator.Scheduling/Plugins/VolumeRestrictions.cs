using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Keeps a claim with the access mode ReadWriteOncePod to one pod of the cluster.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumerestrictions.</remarks>
internal sealed class VolumeRestrictions(PluginContext context) : IClusterFilter
{
    private static readonly Rejection InUse = new(
        nameof(VolumeRestrictions), "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode", isResolvable: true);

    public ClusterEvents WakesOn => ClusterEvents.AssignedPodRemoved | ObjectInputs.PersistentVolumeClaims.Changed;

    public bool MayHelp(PodInfo pod, ClusterEvent change) => change.OldPod is { } gone
        ? pod.Claims.Intersect(gone.Claims).Any()
        : change.Key is { } key && Array.Exists(pod.Claims, claim => claim.Key == key);

    public bool Filters(CycleState cycle) => Array.Exists(cycle.Pod.Claims, claim =>
        context.Cluster.Pods.IsClaimUsed(claim.Key)
        && context.Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(claim.Key) is { Spec.AccessModes: { } modes } && modes.Contains(AccessModes.ReadWriteOncePod));

    public Rejection? Check(CycleState cycle, int row) => InUse;
}
