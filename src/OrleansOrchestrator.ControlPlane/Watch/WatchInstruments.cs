using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Metrics of the watch caches, under kube-apiserver's names.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/</remarks>
internal static class WatchInstruments
{
    private static readonly Counter<long> Initializations = ControlPlaneMeter.Meter.CreateCounter<long>(
        "apiserver_watch_cache_initializations", description: "How often the watch cache of a resource was filled.");

    private static readonly Counter<long> Faults = ControlPlaneMeter.Meter.CreateCounter<long>(
        "orchestrator_watch_cache_faults", description: "How often a watch cache started over since it could not apply a change.");

    /// <summary>Counts that a cache has been filled.</summary>
    public static void Filled(ResourceName resource) => Initializations.Add(1, new TagList { { "resource", resource.ToString() } });

    /// <summary>Counts that a cache could not apply a change.</summary>
    public static void Failed(ResourceName resource) => Faults.Add(1, new TagList { { "resource", resource.ToString() } });
}
