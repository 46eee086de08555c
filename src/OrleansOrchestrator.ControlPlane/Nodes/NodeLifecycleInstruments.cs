using System.Diagnostics.Metrics;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Metrics of the node controller, under Kubernetes' names. Only the silo with the node controller has them.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/</remarks>
internal static class NodeLifecycleInstruments
{
    private static readonly Counter<long> Deletions = ControlPlaneMeter.Meter.CreateCounter<long>(
        "taint_eviction_controller_pod_deletions", description: "Pods that were deleted because their node is tainted, lost or gone.");

    private static IReadOnlyList<ZoneHealth> _zones = [];

    static NodeLifecycleInstruments()
    {
        ControlPlaneMeter.Meter.CreateObservableGauge(
            "node_collector_zone_size", static () => Of(static zone => zone.Nodes), description: "Nodes, by zone.");
        ControlPlaneMeter.Meter.CreateObservableGauge(
            "node_collector_unhealthy_nodes_in_zone", static () => Of(static zone => zone.Unhealthy), description: "Nodes that are silent or not ready, by zone.");
        ControlPlaneMeter.Meter.CreateObservableGauge(
            "node_collector_zone_health", static () => Of(static zone => 100L * (zone.Nodes - zone.Unhealthy) / zone.Nodes), description: "The percentage of nodes that are ready, by zone.");
        ControlPlaneMeter.Meter.CreateObservableGauge(
            "orchestrator_node_evictions_paused", static () => Of(static zone => zone.IsPaused ? 1 : 0), description: "Whether too many nodes of a zone, or of the cluster, are lost for any pod to be evicted.");
    }

    /// <summary>Shows the newest decision.</summary>
    public static void Show(NodeLifecyclePlan plan) => Volatile.Write(ref _zones, plan.Zones);

    /// <summary>Counts pods that were deleted.</summary>
    public static void Deleted(int pods) => Deletions.Add(pods);

    /// <summary>Shows nothing any more: the node controller has gone elsewhere.</summary>
    public static void Hide() => Volatile.Write(ref _zones, []);

    private static IEnumerable<Measurement<long>> Of(Func<ZoneHealth, long> figure) =>
        Volatile.Read(ref _zones).Select(zone => new Measurement<long>(figure(zone), Tag(zone.Zone ?? "")));

    private static KeyValuePair<string, object?> Tag(string zone) => new("zone", zone);
}
