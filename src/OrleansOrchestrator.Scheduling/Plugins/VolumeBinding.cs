using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Places pods where the volumes of their claims are or can be, and chooses volumes for claims that wait for their first consumer. What
/// it chooses it writes to the claim (its node) or to the volume (its claim); the binding controller and the provisioner do the rest.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding.</remarks>
internal sealed class VolumeBinding(PluginContext context) : IPreFilter, IClusterFilter, IReserve, IPreBind
{
    private static readonly (VolumeConflicts Conflict, string Reason)[] Reasons =
    [
        (VolumeConflicts.NodeAffinity, "node(s) had volume node affinity conflict"),
        (VolumeConflicts.NothingToBind, "node(s) didn't find available persistent volumes to bind"),
        (VolumeConflicts.MissingVolume, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
    ];

    // One for each combination.
    private static readonly Rejection[] Rejections = [.. Enumerable.Range(0, 8).Select(conflicts => new Rejection(
        nameof(VolumeBinding), [.. Reasons.Where(reason => ((VolumeConflicts)conflicts & reason.Conflict) != 0).Select(reason => reason.Reason)], IsResolvable: false))];

    private readonly int _bindTimeoutSeconds = context.Arguments.Number("bindTimeoutSeconds", 600, 1, int.MaxValue);

    public ClusterEvents WakesOn => ObjectInputs.PersistentVolumeClaims.Changed | ObjectInputs.PersistentVolumes.Changed | ObjectInputs.StorageClasses.Changed
        | ClusterEvents.NodeAdded | ClusterEvents.NodeLabelsChanged;

    public TimeSpan WaitMax => TimeSpan.FromSeconds(_bindTimeoutSeconds);

    private SchedulerCache Cluster => context.Cluster;

    public bool MayHelp(PodInfo pod, ClusterEvent change) => change.Key is not { } key || Array.Exists(pod.Claims, claim =>
        claim.Key == key || (Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(claim.Key) is { } found && IsAbout(change, found)));

    public string? PreFilter(CycleState cycle) => cycle.Pod.Claims.Length == 0 ? null : VolumesOf(cycle).Fault;

    public bool Filters(CycleState cycle) => cycle.Pod.Claims.Length > 0;

    public Rejection? Check(CycleState cycle, int row) => Check(VolumesOf(cycle), cycle.Nodes.Record(row));

    public void Filter(CandidateSet candidates)
    {
        var volumes = VolumesOf(candidates.Cycle);
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && Check(volumes, candidates.Nodes.Record(row)) is { } rejection)
                candidates.Reject(row, rejection);
        }
    }

    public string? Reserve(CycleState cycle, string nodeName)
    {
        var pod = cycle.Pod;
        if (pod.Claims.Length == 0)
            return null;
        var volumes = VolumesOf(cycle);
        if (volumes.Fault is { } fault)
            return fault;
        if (!Cluster.Nodes.TryFind(nodeName, out var row) || volumes.Choose(Cluster.Nodes.Record(row)) is not { } chosen)
            return Rejections[(int)VolumeConflicts.NothingToBind].Reasons[0];
        foreach (var (claim, volume) in chosen)
            Cluster.VolumeReservations.Add(pod.Uid, claim, nodeName, volume?.Metadata.Name);
        return null;
    }

    public IReadOnlyList<ClusterEvent> Unreserve(PodInfo pod, string nodeName) =>
        Cluster.VolumeReservations.Remove(pod.Uid) is { Count: > 0 } ended ? [.. ended.SelectMany(FreedBy)] : [];

    public IReadOnlyList<PreBindWrite> PreBind(PodInfo pod, string nodeName)
    {
        if (pod.Claims.Length == 0)
            return [];
        var writes = new List<PreBindWrite>();
        foreach (var (key, _, volumeName) in Cluster.VolumeReservations.OfPod(pod.Uid))
        {
            if (Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(key) is not { } claim)
                continue;
            if (volumeName is null)
            {
                if (claim.SelectedNode != nodeName)
                    writes.Add(SelectNode(key, claim, nodeName));
            }
            else if (Cluster.Volumes.Find(new ObjectKey("", volumeName)) is { } volume && volume.Spec.ClaimRef?.Uid != claim.Metadata.Uid)
            {
                writes.Add(GiveTo(claim, volume));
            }
        }

        return writes;
    }

    public PreBindState StateOf(PodInfo pod, string nodeName)
    {
        var state = PreBindState.Done;
        foreach (var (key, _) in pod.Claims)
        {
            if (Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(key) is not { Metadata.DeletionTimestamp: null } claim)
                return PreBindState.Failed($"binding volumes: persistentvolumeclaim \"{key.Name}\" not found");
            var reservation = Cluster.VolumeReservations.Of(key);
            var volume = (claim.Spec.VolumeName is { Length: > 0 } bound ? bound : reservation?.Volume) is { } name
                ? Cluster.Volumes.Find(new ObjectKey("", name))
                : null;
            if (volume?.Topology is { } topology && Cluster.Nodes.TryFind(nodeName, out var row) && !topology.Admits(nodeName, Cluster.Nodes.Record(row).Labels))
                return PreBindState.Failed($"binding volumes: pv \"{volume.Metadata.Name}\" node affinity doesn't match node \"{nodeName}\"");
            if (claim.IsBindCompleted)
                continue;
            if (reservation is { Volume: null } && claim.SelectedNode != nodeName)
                return PreBindState.Failed($"binding volumes: selectedNode annotation reset for PVC \"{key.Name}\"");
            if (reservation is { Volume: { } reserved } && volume?.Spec.ClaimRef?.Uid != claim.Metadata.Uid)
                return PreBindState.Failed($"binding volumes: ClaimRef got reset for pv \"{reserved}\"");
            state = PreBindState.Waiting;
        }

        return state;
    }

    private static Rejection? Check(PodVolumes volumes, NodeRecord node) =>
        volumes.ConflictsOn(node) is not VolumeConflicts.None and var conflicts ? Rejections[(int)conflicts] : null;

    private PodVolumes VolumesOf(CycleState cycle) => cycle.Read(this, static (plugin, attempt) => PodVolumes.Read(plugin.Cluster, attempt.Pod));

    /// <summary>What the end of a reservation makes free: a claim that may go to another node, and a volume that may have another claim.</summary>
    private IEnumerable<ClusterEvent> FreedBy(VolumeReservation ended)
    {
        if (Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(ended.Claim) is { IsOpen: true } claim)
            yield return ClusterEvent.OfObject(ObjectInputs.PersistentVolumeClaims.Changed, ended.Claim, claim, claim);
        if (ended.Volume is { } name && Cluster.Volumes.Find(new ObjectKey("", name)) is { IsFree: true } volume)
            yield return ClusterEvent.OfObject(ObjectInputs.PersistentVolumes.Changed, new ObjectKey("", name), volume, volume);
    }

    /// <summary>Whether a changed volume or class is one that a claim of the pod is bound to, or could be.</summary>
    private static bool IsAbout(ClusterEvent change, V1PersistentVolumeClaim claim) => (change.Object ?? change.OldObject) switch
    {
        V1StorageClass storage => storage.Metadata.Name == claim.ClassName,
        V1PersistentVolume volume => volume.Metadata.Name == claim.Spec?.VolumeName || (claim.IsOpen && ((volume.IsFree && volume.ClassName == claim.ClassName) || volume.IsFor(claim))),
        _ => false,
    };

    private static PreBindWrite SelectNode(ObjectKey key, V1PersistentVolumeClaim claim, string nodeName) => Write(
        ObjectInputs.PersistentVolumeClaims, key, claim.Metadata.ResourceVersion, VolumeMetadataKeys.SelectedNode, nodeName, null);

    private static PreBindWrite GiveTo(V1PersistentVolumeClaim claim, V1PersistentVolume volume)
    {
        var reference = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["namespace"] = claim.Metadata.NamespaceProperty,
            ["name"] = claim.Metadata.Name,
            ["uid"] = claim.Metadata.Uid,
            ["resourceVersion"] = claim.Metadata.ResourceVersion,
        };
        // A volume that somebody reserved for the claim is theirs to unbind.
        var annotation = volume.Spec.ClaimRef is null ? VolumeMetadataKeys.BoundByController : null;
        return Write(
            ObjectInputs.PersistentVolumes, new ObjectKey("", volume.Metadata.Name), volume.Metadata.ResourceVersion, annotation, "yes", new JsonObject { ["claimRef"] = reference });
    }

    // At the version that was seen: whoever was faster wins, and the pod is tried again.
    private static PreBindWrite Write(ObjectInput input, ObjectKey key, string? version, string? annotation, string value, JsonObject? spec)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } };
        if (annotation is not null)
            patch["metadata"]!["annotations"] = new JsonObject { [annotation] = value };
        if (spec is not null)
            patch["spec"] = spec;
        return new PreBindWrite(input.Resource, key, System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString()));
    }
}
