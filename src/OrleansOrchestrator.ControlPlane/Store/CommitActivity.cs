using System.Diagnostics;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The activity of a commit. It serves many writes and can have only one parent: it is a child of the first traced write, with links to
/// the others.
/// </summary>
internal static class CommitActivity
{
    // As many as OpenTelemetry keeps by default.
    private const int LinksMax = 128;

    /// <summary>Starts the activity of a batch; null if no write is traced, or nobody listens.</summary>
    public static Activity? Start(ResourceName resource, List<PendingChange> batch)
    {
        if (!ControlPlaneActivities.Source.HasListeners() || ContextsOf(batch) is not [var parent, .. var others])
            return null;
        return ControlPlaneActivities.Source
            .StartActivity(ControlPlaneActivities.Commit, ActivityKind.Consumer, parent, links: others.Select(static other => new ActivityLink(other)))?
            .SetTag("resource", resource.ToString())
            .SetTag("changes", batch.Count);
    }

    /// <summary>The distinct activities of a batch's writes.</summary>
    private static ActivityContext[] ContextsOf(List<PendingChange> batch) =>
        [.. batch.Select(static pending => pending.Trace?.Context).OfType<ActivityContext>().Distinct().Take(LinksMax + 1)];
}
