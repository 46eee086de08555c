using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Metrics of the object stores by resource. All but the refusals are recorded once per batch.</summary>
internal static class StoreInstruments
{
    private static readonly InstrumentAdvice<int> Counts = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] };

    private static readonly Histogram<double> Commits = ControlPlaneMeter.Meter.CreateHistogram(
        "orchestrator_store_commit_duration", "s", "How long a batch of changes took to become durable, or to fail.", advice: ControlPlaneMeter.Durations);

    private static readonly Histogram<int> Changes = ControlPlaneMeter.Meter.CreateHistogram(
        "orchestrator_store_commit_changes", description: "How many changes a batch had.", advice: Counts);

    private static readonly Histogram<int> Waiting = ControlPlaneMeter.Meter.CreateHistogram(
        "orchestrator_store_waiting_changes", description: "How many changes were left to wait when a batch was taken.", advice: Counts);

    private static readonly Counter<long> Refusals = ControlPlaneMeter.Meter.CreateCounter<long>(
        "orchestrator_store_refusals", description: "Writes that were not taken, by why.");

    private static readonly Histogram<double> Openings = ControlPlaneMeter.Meter.CreateHistogram(
        "orchestrator_store_opening_duration", "s", "How long a store took to take over its resource and load it.", advice: ControlPlaneMeter.Durations);

    /// <summary>Records the end of a batch.</summary>
    /// <param name="resource">The store's resource.</param>
    /// <param name="changes">The number of changes.</param>
    /// <param name="waiting">The number of changes left waiting when the batch was taken.</param>
    /// <param name="elapsed">The duration.</param>
    /// <param name="succeeded">Whether the batch is durable.</param>
    public static void Flushed(ResourceName resource, int changes, int waiting, TimeSpan elapsed, bool succeeded)
    {
        if (!Commits.Enabled)
            return;
        var tags = new TagList { { "resource", resource.ToString() } };
        Changes.Record(changes, tags);
        Waiting.Record(waiting, tags);
        tags.Add("succeeded", succeeded);
        Commits.Record(elapsed.TotalSeconds, tags);
    }

    /// <summary>Counts a refused write.</summary>
    public static void Refused(ResourceName resource, CommitStatus status)
    {
        if (Refusals.Enabled)
            Refusals.Add(1, new TagList { { "resource", resource.ToString() }, { "why", status.ToString() } });
    }

    /// <summary>Records that a store was opened.</summary>
    public static void Opened(ResourceName resource, TimeSpan elapsed) =>
        Openings.Record(elapsed.TotalSeconds, new TagList { { "resource", resource.ToString() } });
}
