using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.FlowControl;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>One line of <c>kubectl get pods</c>, computed from the pod's status.</summary>
/// <remarks>See printPod in k8s.io/kubernetes/pkg/printers/internalversion.</remarks>
internal sealed class PodSummary
{
    private DateTime? _lastRestart;

    private PodSummary(V1Pod pod)
    {
        var spec = pod.Spec;
        Total = (spec?.Containers).OrNone().Count + (spec?.InitContainers).OrNone().Count(container => container.IsSidecar);
        Reason = InitialReason(pod.Status);
        var initializing = ReadInitContainers(pod);
        if (!initializing || pod.HasCondition(PodConditionTypes.Initialized))
            ReadContainers(pod);
        if (pod.Metadata?.DeletionTimestamp is null)
            return;
        if (pod.Status?.Reason == "NodeLost")
            Reason = "Unknown";
        else if (!pod.IsTerminal)
            Reason = "Terminating";
    }

    /// <summary>How many containers are ready.</summary>
    public int Ready { get; private set; }

    /// <summary>How many containers should be ready: all except init containers that end.</summary>
    public int Total { get; }

    /// <summary>The STATUS column: what the pod does, or why it does not.</summary>
    public string Reason { get; private set; }

    /// <summary>How often its containers were restarted.</summary>
    public int Restarts { get; private set; }

    public static PodSummary Of(V1Pod pod) => new(pod);

    /// <summary>The restarts, and the age of the last one, as in <c>3 (5s ago)</c>.</summary>
    public string RestartsText(DateTimeOffset now) => Restarts != 0 && _lastRestart is not null
        ? Text($"{Restarts} ({HumanDuration.Since(_lastRestart, now)} ago)")
        : Text($"{Restarts}");

    private static string InitialReason(V1PodStatus? status)
    {
        if ((status?.Conditions).OrNone().Any(condition => condition is { Type: PodConditionTypes.PodScheduled, Reason: "SchedulingGated" }))
            return "SchedulingGated";
        return string.IsNullOrEmpty(status?.Reason) ? status?.Phase ?? "" : status.Reason;
    }

    /// <returns>Whether an init container has not ended yet.</returns>
    private bool ReadInitContainers(V1Pod pod)
    {
        var statuses = (pod.Status?.InitContainerStatuses).OrNone();
        var initContainers = (pod.Spec?.InitContainers).OrNone();
        for (var i = 0; i < statuses.Count; i++)
        {
            var status = statuses[i];
            CountRestarts(status);
            if (status.State?.Terminated?.ExitCode == 0)
                continue;
            if (status.Started == true && initContainers.Any(container => container.Name == status.Name && container.IsSidecar))
            {
                Ready += status.Ready ? 1 : 0;
                continue;
            }

            if (status.State?.Terminated is { } end)
                Reason = "Init:" + EndReason(end);
            else if (status.State?.Waiting?.Reason is { Length: > 0 } waiting and not "PodInitializing")
                Reason = "Init:" + waiting;
            else
                Reason = Text($"Init:{i}/{initContainers.Count}");
            return true;
        }

        return false;
    }

    private void ReadContainers(V1Pod pod)
    {
        // From here on init containers count only if they are sidecars.
        (Restarts, _lastRestart) = (0, null);
        foreach (var status in (pod.Status?.InitContainerStatuses).OrNone())
        {
            if ((pod.Spec?.InitContainers).OrNone().Any(container => container.Name == status.Name && container.IsSidecar))
                CountRestarts(status);
        }

        var hasRunning = false;
        foreach (var status in (pod.Status?.ContainerStatuses).OrNone().Reverse())
        {
            CountRestarts(status);
            if (status.State?.Waiting?.Reason is { Length: > 0 } waiting)
            {
                Reason = waiting;
            }
            else if (status.State?.Terminated is { } end)
            {
                Reason = EndReason(end);
            }
            else if (status.Ready && status.State?.Running is not null)
            {
                hasRunning = true;
                Ready++;
            }
        }

        // One container has completed, but others are running.
        if (Reason == "Completed" && hasRunning)
            Reason = pod.HasCondition(PodConditionTypes.Ready) ? "Running" : "NotReady";
    }

    private void CountRestarts(V1ContainerStatus status)
    {
        Restarts += status.RestartCount;
        if (status.LastState?.Terminated?.FinishedAt is { } finished && (_lastRestart is null || finished > _lastRestart))
            _lastRestart = finished;
    }

    private static string EndReason(V1ContainerStateTerminated end)
    {
        if (!string.IsNullOrEmpty(end.Reason))
            return end.Reason;
        return end.Signal is { } signal and not 0 ? Text($"Signal:{signal}") : Text($"ExitCode:{end.ExitCode}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
