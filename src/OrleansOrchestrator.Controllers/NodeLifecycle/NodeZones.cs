using k8s.Models;

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

    private readonly Dictionary<string, ZoneHealth> _zones;
    private readonly HashSet<string> _admitted = new(StringComparer.Ordinal);

    private NodeZones(NodeLifecycleInput input)
    {
        var zones = input.Nodes.GroupBy(observed => ZoneOf(observed.Node), StringComparer.Ordinal).ToDictionary(zone => zone.Key, zone => zone.ToList(), StringComparer.Ordinal);
        Cluster = HealthOf(null, input.Nodes, input, most: input.Options.NodeEvictionRate);
        _zones = zones.ToDictionary(zone => zone.Key, zone => HealthOf(zone.Key, zone.Value, input, Cluster.EvictionRate), StringComparer.Ordinal);
        foreach (var (name, nodes) in zones)
            Admit(nodes, _zones[name].EvictionRate, input.Now);
        Paused = _zones.Values.Any(zone => zone.IsPaused)
            ? zones.Where(zone => _zones[zone.Key].IsPaused).SelectMany(zone => zone.Value).Select(observed => observed.Node.Metadata.Name).ToHashSet(StringComparer.Ordinal)
            : [];
    }

    /// <summary>All nodes together.</summary>
    public ZoneHealth Cluster { get; }

    /// <summary>The zones, by name.</summary>
    public IReadOnlyList<ZoneHealth> All => [.. _zones.Values.OrderBy(zone => zone.Zone, StringComparer.Ordinal)];

    /// <summary>The names of all nodes in zones in which nothing is evicted.</summary>
    public IReadOnlySet<string> Paused { get; }

    /// <summary>When more nodes may begin to lose their pods; null if none waits for that.</summary>
    public TimeSpan? MoreIn { get; private set; }

    public static NodeZones Of(NodeLifecycleInput input) => new(input);

    /// <summary>Whether a node is heard of and ready.</summary>
    public static bool IsHealthy(ObservedNode observed, NodeLifecycleInput input) =>
        !input.IsSilent(observed) && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "True";

    /// <summary>Whether a node that is not ready may get the taint for which its pods go.</summary>
    public bool IsAdmitted(V1Node node) => _admitted.Contains(node.Metadata.Name);

    /// <summary>Region and zone of a node; empty if it has neither label.</summary>
    private static string ZoneOf(V1Node node)
    {
        var region = node.Metadata.Labels?.TryGetValue(RegionLabel, out var value) is true ? value : "";
        var zone = node.Metadata.Labels?.TryGetValue(ZoneLabel, out value) is true ? value : "";
        return region.Length == 0 ? zone : $"{region}/{zone}";
    }

    private static ZoneHealth HealthOf(string? zone, IReadOnlyCollection<ObservedNode> nodes, NodeLifecycleInput input, double most)
    {
        var options = input.Options;
        var unhealthy = nodes.Count(observed => !IsHealthy(observed, input));
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
    /// Chooses the nodes of a zone that may begin to lose their pods now, those silent for longest first. How many have begun a moment
    /// ago is read from their taints, so that another activation goes on at the same rate. API times have whole seconds.
    /// </summary>
    private void Admit(List<ObservedNode> nodes, double rate, DateTimeOffset now)
    {
        if (rate <= 0)
            return;
        var window = TimeSpan.FromSeconds(rate >= 1 ? 1 : 1 / rate);
        var waiting = nodes.Where(observed => NodeTaints.IsToLosePods(observed.Node)).ToList();
        if (waiting.Count == 0)
            return;
        var begun = nodes.Count(observed => NodeTaints.LosesPodsSince(observed.Node) > now - window);
        var free = (int)Math.Clamp(Math.Max(rate, 1) - begun, 0, int.MaxValue);
        foreach (var observed in waiting.OrderBy(observed => observed.LastHeartbeat).ThenBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal).Take(free))
            _admitted.Add(observed.Node.Metadata.Name);
        if (waiting.Count > free && (MoreIn is null || window < MoreIn))
            MoreIn = window;
    }
}
