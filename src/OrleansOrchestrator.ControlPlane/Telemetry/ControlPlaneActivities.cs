using System.Diagnostics;

namespace OrleansOrchestrator.ControlPlane.Telemetry;

/// <summary>
/// The activities of a write from its cause to its commit. A trace begins with a request, a reconcile or a scheduling attempt; other
/// activities exist only within one of these. docs/telemetry.md shows the tree.
/// </summary>
/// <remarks>Without a listener all methods return null and allocate nothing.</remarks>
public static class ControlPlaneActivities
{
    /// <summary>The name of the source.</summary>
    public const string Name = "OrleansOrchestrator.ControlPlane";

    /// <summary>The work of a controller on one key.</summary>
    internal const string Reconcile = "reconcile";

    /// <summary>An attempt to schedule one pod, binding included.</summary>
    internal const string Schedule = "schedule";

    /// <summary>The report in a pod's status that an attempt found no node.</summary>
    internal const string Report = "report";

    /// <summary>The stages of the write path before the commit.</summary>
    internal const string Admit = "admit";

    /// <summary>A store's commit of one batch.</summary>
    internal const string Commit = "commit";

    /// <summary>One attempt at a commit in the database.</summary>
    internal const string DatabaseCommit = "database commit";

    /// <summary>The source.</summary>
    internal static readonly ActivitySource Source = new(Name);

    /// <summary>Starts an activity that begins a trace.</summary>
    internal static Activity? StartRoot(string name)
    {
        if (!Source.HasListeners())
            return null;
        Activity.Current = null;
        return Source.StartActivity(name);
    }

    /// <summary>Starts an activity within one that may have ended; null if there was none.</summary>
    internal static Activity? StartAfter(string name, Activity? cause)
    {
        Activity.Current = null;
        return cause is null ? null : Source.StartActivity(name, ActivityKind.Internal, cause.Context);
    }

    /// <summary>Starts an activity within the current one; null if there is none.</summary>
    internal static Activity? StartChild(string name, ActivityKind kind = ActivityKind.Internal) =>
        Activity.Current is null ? null : Source.StartActivity(name, kind);
}
