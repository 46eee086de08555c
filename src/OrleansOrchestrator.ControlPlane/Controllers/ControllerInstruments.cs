using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.ControlPlane.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Metrics of controllers, under the names of Kubernetes' controller-runtime where it has them.</summary>
internal static class ControllerInstruments
{
    private static readonly Counter<long> Reconciles = ControlPlaneMeter.Meter.CreateCounter<long>(
        "controller_runtime_reconcile", description: "Reconciles by controller and result.");

    private static readonly Histogram<double> Durations = ControlPlaneMeter.Meter.CreateHistogram(
        "controller_runtime_reconcile_time", "s", "How long reconciles took.", advice: ControlPlaneMeter.Durations);

    private static readonly UpDownCounter<int> Active = ControlPlaneMeter.Meter.CreateUpDownCounter<int>(
        "controller_runtime_active_workers", description: "Reconciles that are under way.");

    private static readonly Counter<long> Actions = ControlPlaneMeter.Meter.CreateCounter<long>(
        "orchestrator_controller_actions", description: "What controllers did to objects, by kind of action, resource and result.");

    /// <summary>Counts the start of a reconcile; with -1 its end.</summary>
    public static void Working(string controller, int delta) => Active.Add(delta, new KeyValuePair<string, object?>("controller", controller));

    /// <summary>Records a finished reconcile.</summary>
    public static void Reconciled(string controller, WorkOutcome outcome, TimeSpan elapsed)
    {
        if (!Reconciles.Enabled && !Durations.Enabled)
            return;
        var tags = new TagList { { "controller", controller } };
        Durations.Record(elapsed.TotalSeconds, tags);
        tags.Add("result", outcome switch { { Succeeded: false } => "error", { RequeueAfter: not null } => "requeue_after", _ => "success" });
        Reconciles.Add(1, tags);
    }

    /// <summary>Counts an action that was applied or refused.</summary>
    public static void Acted(string controller, ObjectAction action, bool succeeded)
    {
        if (!Actions.Enabled)
            return;
        Actions.Add(1, new TagList
        {
            { "controller", controller },
            { "action", action.GetType().Name },
            { "resource", action.Resource.ToString() },
            { "result", succeeded ? "success" : "error" },
        });
    }
}
