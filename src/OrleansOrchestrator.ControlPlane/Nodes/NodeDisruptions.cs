using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>
/// Tells operators that too many nodes are lost at once, and when that is over: in the log, in metrics, and in events on the namespace
/// <c>kube-system</c>, since no single node is meant. Belongs to one activation.
/// </summary>
internal sealed partial class NodeDisruptions(EventRecorder events, WatchCaches caches, ResourceRegistry registry, TimeProvider time, ILogger<NodeDisruptions> logger)
{
    /// <summary>The reason of events about evictions that wait.</summary>
    public const string Paused = "EvictionsPaused";

    private const string Resumed = "EvictionsResumed";
    private const string Disrupted = "ZoneDisrupted";
    private const string WholeCluster = "\0";

    // Nodes that start together are not ready for a moment. Told later than that, and before the first pod of a lost node is due.
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(4);

    private readonly Dictionary<string, Disruption> _disruptions = new(StringComparer.Ordinal);

    /// <summary>Takes note of a decision.</summary>
    public void Observe(NodeLifecyclePlan plan)
    {
        NodeLifecycleInstruments.Show(plan);
        var now = time.GetUtcNow();
        var present = plan.Disruptions.ToDictionary(health => health.Zone ?? WholeCluster, StringComparer.Ordinal);
        foreach (var (zone, health) in present)
            Observe(zone, health, now);
        foreach (var zone in _disruptions.Keys.Where(zone => !present.ContainsKey(zone)).ToList())
        {
            if (_disruptions.Remove(zone, out var over) && over.Told is not null)
                TellEnd(plan.Zones.FirstOrDefault(health => health.Zone == zone) ?? plan.Cluster);
        }
    }

    private void Observe(string zone, ZoneHealth health, DateTimeOffset now)
    {
        if (!_disruptions.TryGetValue(zone, out var known) || known.State != health.State)
            known = _disruptions[zone] = new Disruption(health.State, now, known?.Told);
        if (known.Told == health.State || now - known.Since < TellAfter)
            return;
        _disruptions[zone] = known with { Told = health.State };
        LogDisrupted(health);
        Record("Warning", health.IsPaused ? Paused : Disrupted, health);
    }

    private void TellEnd(ZoneHealth health)
    {
        LogEnd(health);
        Record("Normal", Resumed, health);
    }

    private void Record(string type, string reason, ZoneHealth health)
    {
        if (caches[registry[WellKnownResources.Namespaces]].Find(new ObjectKey("", "kube-system")) is { } system)
            events.Record(system, NodeLifecycleGrain.Component, type, reason, health.ToString());
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Health}")]
    private partial void LogDisrupted(ZoneHealth health);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The disruption is over. {Health}")]
    private partial void LogEnd(ZoneHealth health);

    /// <summary>A disruption that lasts.</summary>
    /// <param name="State">Its state.</param>
    /// <param name="Since">Since when it has that state.</param>
    /// <param name="Told">The state that was told; null if none was.</param>
    private sealed record Disruption(ZoneState State, DateTimeOffset Since, ZoneState? Told);
}
