using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// How many nodes of each failure zone are lost, and which lost nodes may lose their pods now. If many are lost at once, the fault
/// is more likely common, and may be the control plane's own: its gateways, or the network before them.
/// </summary>
/// <remarks>
/// See the zone states of k8s.io/kubernetes/pkg/controller/nodelifecycle. In addition, the whole cluster counts like a zone, so that
/// zones of which each has lost too few nodes do not hide that most nodes are silent.
/// </remarks>
internal sealed class NodeZones
{
    private const string RegionLabel = "topology.kubernetes.io/region";
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    // The least number of lost nodes that is a disruption. Kubernetes has the same constant.
    private const int DisruptedNodesMin = 3;

    // The lowest rate is one node in ten years.
    private const double WindowSecondsMax = 3650 * 86_400.0;

    private readonly NodeLifecycleInput _input;
    private readonly Dictionary<string, ZoneHealth> _zones;
    private readonly HashSet<string> _admitted = new(StringComparer.Ordinal);

    private NodeZones(NodeLifecycleInput input)
    {
        _input = input;
        var zones = input.Nodes.GroupBy(observed => ZoneOf(observed.Node), StringComparer.Ordinal).ToDictionary(zone => zone.Key, zone => zone.ToList(), StringComparer.Ordinal);
        Cluster = HealthOf(null, input.Nodes, most: input.Options.NodeEvictionRate);
        _zones = zones.ToDictionary(zone => zone.Key, zone => HealthOf(zone.Key, zone.Value, Cluster.EvictionRate), StringComparer.Ordinal);
        foreach (var (name, nodes) in zones)
            Admit(nodes, _zones[name].EvictionRate);
    }

    /// <summary>All nodes together.</summary>
    public ZoneHealth Cluster { get; }

    /// <summary>The zones, by name.</summary>
    public IReadOnlyList<ZoneHealth> All => [.. _zones.Values.OrderBy(zone => zone.Zone, StringComparer.Ordinal)];

    /// <summary>Whether any node is heard of and ready. If none is, the fault is more likely the control plane's.</summary>
    public bool IsAnyHeardOf => Cluster.Unhealthy < Cluster.Nodes;

    /// <summary>When more nodes may begin to lose their pods; null if none waits for that.</summary>
    public TimeSpan? MoreIn { get; private set; }

    public static NodeZones Of(NodeLifecycleInput input) => new(input);

    /// <summary>Whether a node is heard of and ready.</summary>
    public bool IsHealthy(ObservedNode observed) =>
        !_input.IsSilent(observed) && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "True";

    /// <summary>Whether a node keeps its pods although it is lost, because too many nodes of its zone or of the cluster are.</summary>
    public bool IsSpared(ObservedNode observed) => _zones[ZoneOf(observed.Node)].IsPaused && !IsHealthy(observed);

    /// <summary>Whether a node that is not ready may get the taint for which its pods go.</summary>
    public bool IsAdmitted(V1Node node) => _admitted.Contains(node.Metadata.Name);

    /// <summary>Region and zone of a node; empty if it has neither label.</summary>
    private static string ZoneOf(V1Node node)
    {
        var region = node.Metadata.Labels?.TryGetValue(RegionLabel, out var value) is true ? value : "";
        var zone = node.Metadata.Labels?.TryGetValue(ZoneLabel, out value) is true ? value : "";
        return region.Length == 0 ? zone : $"{region}/{zone}";
    }

    private ZoneHealth HealthOf(string? zone, IReadOnlyCollection<ObservedNode> nodes, double most)
    {
        var options = _input.Options;
        var unhealthy = nodes.Count(observed => !IsHealthy(observed));
        var state = unhealthy == 0 ? ZoneState.Normal
            : unhealthy == nodes.Count ? ZoneState.FullDisruption
            : unhealthy >= DisruptedNodesMin && (double)unhealthy / nodes.Count >= options.UnhealthyZoneThreshold ? ZoneState.PartialDisruption
            : ZoneState.Normal;
        var rate = state switch
        {
            // A zone of which nothing is heard while others are heard of is lost. A whole cluster cannot be told from an outage of ours.
            ZoneState.FullDisruption => zone is null ? 0 : options.NodeEvictionRate,
            ZoneState.PartialDisruption => nodes.Count > options.LargeClusterSizeThreshold ? options.SecondaryNodeEvictionRate : 0,
            _ => options.NodeEvictionRate,
        };
        return new ZoneHealth(zone, nodes.Count, unhealthy, state, Math.Min(rate, most));
    }

    /// <summary>
    /// Chooses the nodes of a zone that may begin to lose their pods now, those silent for longest first. A rate of 2.5 a second is
    /// three places, each of which is taken for 1.2 s: in no time as long as that do more nodes begin.
    /// </summary>
    private void Admit(List<ObservedNode> nodes, double rate)
    {
        var isWaiting = nodes.ToLookup(observed => NodeTaints.IsToLosePods(observed.Node));
        var waiting = isWaiting[true]
            .Where(observed => !_input.IsSetAside(WellKnownResources.Nodes, new ObjectKey("", observed.Node.Metadata.Name)))
            .OrderBy(observed => observed.LastHeartbeat)
            .ThenBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal)
            .ToList();
        if (rate <= 0 || waiting.Count == 0)
            return;
        var places = Math.Ceiling(rate);
        var window = TimeSpan.FromSeconds(Math.Min(places / rate, WindowSecondsMax));
        var taken = isWaiting[false]
            .Select(observed => _input.Memory.BeganToLosePodsAt(observed.Node, _input.Now))
            .OfType<DateTimeOffset>()
            .Where(began => began > _input.Now - window)
            .Order()
            .ToList();
        var free = (int)Math.Clamp(places - taken.Count, 0, waiting.Count);
        _admitted.UnionWith(waiting.Take(free).Select(observed => observed.Node.Metadata.Name));
        if (waiting.Count == free)
            return;
        var next = taken.Count == 0 ? window : taken[(int)Math.Max(taken.Count - places, 0)] + window - _input.Now;
        if (MoreIn is null || next < MoreIn)
            MoreIn = next;
    }
}
