using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Keeps a pod in the zone and region that the labels of its bound volumes name.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumezone.</remarks>
internal sealed class VolumeZone(PluginContext context) : IClusterFilter
{
    private static readonly string[] Labels = [TopologyLabels.Zone, TopologyLabels.Region, TopologyLabels.BetaZone, TopologyLabels.BetaRegion];

    private static readonly Rejection Elsewhere = new(nameof(VolumeZone), "node(s) had no available volume zone", isResolvable: false);

    public ClusterEvents WakesOn =>
        ObjectInputs.PersistentVolumeClaims.Changed | ObjectInputs.PersistentVolumes.Changed | ClusterEvents.NodeAdded | ClusterEvents.NodeLabelsChanged;

    public bool MayHelp(PodInfo pod, ClusterEvent change) => change.Key is not { } key || Array.Exists(pod.Claims, claim =>
        claim.Key == key || VolumeOf(claim) is { } volume && key == new ObjectKey("", volume));

    public bool Filters(CycleState cycle) => cycle.Pod.Claims.Length > 0 && ZonesOf(cycle).Count > 0;

    public Rejection? Check(CycleState cycle, int row) => IsElsewhere(ZonesOf(cycle), cycle.Nodes.Record(row).Labels) ? Elsewhere : null;

    public void Filter(CandidateSet candidates)
    {
        var zones = ZonesOf(candidates.Cycle);
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && IsElsewhere(zones, candidates.Nodes.Record(row).Labels))
                candidates.Reject(row, Elsewhere);
        }
    }

    // A node without any of the labels is in a cluster that does not know zones.
    private static bool IsElsewhere(List<(string Label, string[] Values)> zones, IDictionary<string, string> labels) =>
        Array.Exists(Labels, labels.ContainsKey) && !zones.TrueForAll(zone => IsIn(labels, zone));

    // A volume from before the labels were renamed may be for a node from after that.
    private static bool IsIn(IDictionary<string, string> labels, (string Label, string[] Values) zone) =>
        (labels.TryGetValue(zone.Label, out var value) || labels.TryGetValue(TopologyLabels.Present(zone.Label), out value)) && zone.Values.Contains(value);

    private List<(string Label, string[] Values)> ZonesOf(CycleState cycle) => cycle.Read(this, static (plugin, attempt) => plugin.ReadZones(attempt.Pod));

    private List<(string Label, string[] Values)> ReadZones(PodInfo pod)
    {
        var zones = new List<(string Label, string[] Values)>();
        foreach (var claim in pod.Claims)
        {
            if (VolumeOf(claim) is not { } name || context.Cluster.Volumes.Find(new ObjectKey("", name)) is not { Metadata.Labels: { } labels })
                continue;
            foreach (var label in Labels)
            {
                // A volume that is in several zones names them all.
                if (labels.TryGetValue(label, out var values))
                    zones.Add((label, values.Split("__", StringSplitOptions.TrimEntries)));
            }
        }

        return zones;
    }

    private string? VolumeOf(PodClaim claim) =>
        context.Cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims).Find(claim.Key) is { Spec.VolumeName: { Length: > 0 } name } ? name : null;
}
