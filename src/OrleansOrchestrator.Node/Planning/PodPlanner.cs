using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Decides what a pod needs next. Pure: the same view always gives the same plan.</summary>
internal static class PodPlanner
{
    /// <summary>How long to wait before another kill of a container that a kill did not end.</summary>
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long a container has to stop after a hook, or after waiting for others, as with the kubelet.</summary>
    private static readonly TimeSpan GraceMin = TimeSpan.FromSeconds(2);

    public static PodPlan Plan(PodView view)
    {
        if (view.IsFenced)
            return new PodPlan { Stops = Kill(view, "Stopping container {0}: the node has lost the control plane") };
        if (view.IsDeleted || view.IsTerminal || PodOutcome.IsComplete(view))
            return PlanEnd(view);
        if (view.IsShuttingDown && view.Sandbox is null)
            return new PodPlan { Failure = PodFailures.NodeIsShuttingDown };
        if (view.Ending is { } ending)
            return new PodPlan { Failure = ending.Failure };
        if (DeadlineOf(view) is { } deadline && view.Now >= deadline)
            return new PodPlan { Failure = PodFailures.DeadlineExceeded };
        if (view.Sandbox is null && (view.Refusal ?? SysctlPolicy.Refuse(view.Pod)) is { } refusal)
            return new PodPlan { Failure = refusal };
        return (view.Sandbox is { IsReady: true } ? PlanContainers(view) : PlanSandbox(view)) is var plan
            && DeadlineOf(view) is { } end
                ? plan with { WakeAt = Earlier(plan.WakeAt, end) }
                : plan;
    }

    private static DateTimeOffset? DeadlineOf(PodView view) =>
        view.Pod.Spec.ActiveDeadlineSeconds is { } seconds ? Waits.After(view.StartedAt, Waits.Seconds(seconds)) : null;

    private static PodPlan PlanEnd(PodView view)
    {
        var running = view.Running.ToList();
        if (running.Count > 0)
        {
            var waiting = SidecarsThatWait(view, running);
            return PlanStops(view, running.Select(c => (c, "Stopping container {0}")), view.TerminationGrace, waiting.Contains);
        }

        if (view.Sandbox is { IsReady: true })
            return new PodPlan { StopSandbox = true };
        if (view.IsDeleted)
            return new PodPlan { Finish = true };
        return new PodPlan { Reclaim = view.IsReclaimed && view.Sandbox is not null };
    }

    /// <summary>The sidecars that others still need: those that start after them, and the app containers.</summary>
    private static HashSet<string> SidecarsThatWait(PodView view, List<ContainerInstance> running)
    {
        var waiting = new HashSet<string>(StringComparer.Ordinal);
        var isNeeded = running.Exists(container => view.Pod.Spec.Containers.Any(spec => spec.Name == container.Name));
        foreach (var sidecar in view.Sidecars.Reverse().Where(spec => running.Exists(container => container.Name == spec.Name)))
        {
            if (isNeeded)
                waiting.Add(sidecar.Name);
            isNeeded = true;
        }

        return waiting;
    }

    private static PodPlan PlanSandbox(PodView view)
    {
        // Containers that outlived their sandbox have no network any more. They are removed before a new sandbox is made.
        if (view.Running.Any())
            return new PodPlan { Stops = Kill(view, "Pod sandbox changed, it will be killed and re-created.") };
        return Retry(view, SandboxKey) is { } later
            ? new PodPlan { WakeAt = later }
            : new PodPlan { CreateSandbox = true };
    }

    /// <summary>The key of the sandbox's back-off; no container can have this name.</summary>
    public const string SandboxKey = "";

    private static PodPlan PlanContainers(PodView view)
    {
        var builder = new PlanBuilder(view);
        foreach (var container in view.EphemeralContainers)
            builder.VisitContainer(container, static (_, _) => false);
        foreach (var container in view.InitContainers)
        {
            if (!builder.PassInitContainer(container))
                return builder.Build();
        }

        foreach (var container in view.Pod.Spec.Containers)
            builder.VisitContainer(container, PodOutcome.ShouldRestart);
        return builder.Build();
    }

    /// <summary>Plans the next step of each end: the hook, the request to stop, the kill.</summary>
    /// <param name="view">The view.</param>
    /// <param name="containers">The containers, with the message of the event of each.</param>
    /// <param name="grace">The time from the first step to the kill.</param>
    /// <param name="mustWait">Whether others still need the container of a name. Its hook runs meanwhile.</param>
    private static PodPlan PlanStops(
        PodView view, IEnumerable<(ContainerInstance Container, string Message)> containers, TimeSpan grace, Func<string, bool> mustWait)
    {
        var stops = new List<ContainerStop>();
        DateTimeOffset? wake = null;
        foreach (var (container, message) in containers)
        {
            var asked = view.Stopping.TryGetValue(container.Id, out var stop);
            var first = asked ? null : Text(message, container);
            var endsAt = stop.EndsAt(grace);
            if (grace <= TimeSpan.Zero && !(asked && stop.Step == StopStep.Kill))
                stops.Add(new(container, StopStep.Kill, KillAgain, first));
            else if (!asked && view.SpecOf(container.Name)?.Lifecycle?.PreStop is not null)
                stops.Add(new(container, StopStep.Hook, grace, first));
            else if (!asked && !mustWait(container.Name))
                stops.Add(new(container, StopStep.Terminate, RestOf(view, grace), first));
            else if (!asked)
                continue;
            else if (stop.Step == StopStep.Hook && (view.Now >= endsAt || (view.EndedHooks.Contains(container.Id) && !mustWait(container.Name))))
                stops.Add(new(container, StopStep.Terminate, AtLeast(endsAt - view.Now), null));
            else if (stop.Step != StopStep.Hook && view.Now >= endsAt)
                stops.Add(new(container, StopStep.Kill, KillAgain, null));
            else
                wake = Earlier(wake, endsAt);
        }

        return new PodPlan { Stops = stops, WakeAt = wake };
    }

    /// <summary>What is left of the grace period for a container that had to wait for others.</summary>
    private static TimeSpan RestOf(PodView view, TimeSpan grace) =>
        (view.Sandbox?.Containers ?? []).Where(c => view.Stopping.ContainsKey(c.Id)).Select(c => (DateTimeOffset?)view.Stopping[c.Id].Began).Min() is { } began
            && view.Now > began
            ? AtLeast(grace - (view.Now - began))
            : grace;

    private static TimeSpan AtLeast(TimeSpan rest) => rest < GraceMin ? GraceMin : rest;

    private static IReadOnlyList<ContainerStop> Kill(PodView view, string message) =>
        PlanStops(view, view.Running.Select(c => (c, message)), TimeSpan.Zero, static _ => false).Stops;

    private static string Text(string message, ContainerInstance container) =>
        message.Replace("{0}", container.Name, StringComparison.Ordinal);

    private static DateTimeOffset? Retry(PodView view, string key) =>
        view.RetryAt.TryGetValue(key, out var at) && view.Now < at ? at : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) =>
        a is null ? b : b is null || a < b ? a : b;

    /// <summary>Collects the actions for the containers of a pod with a ready sandbox.</summary>
    private sealed class PlanBuilder(PodView view)
    {
        private readonly List<ContainerStart> _starts = [];
        private readonly List<ContainerStop> _stops = [];
        private readonly List<ContainerUpdate> _updates = [];
        private DateTimeOffset? _wake;

        public PodPlan Build() => new() { Starts = _starts, Stops = _stops, Updates = _updates, WakeAt = _wake };

        /// <summary>Handles an init container; true if the next one may start.</summary>
        public bool PassInitContainer(V1Container container)
        {
            if (container.RestartPolicy == "Always")
            {
                VisitContainer(container, static (_, _) => true);
                return view.Newest(container.Name) is { Phase: ContainerPhase.Running } sidecar
                    && view.HealthOf(sidecar).IsStarted;
            }

            if (view.Newest(container.Name) is { Phase: ContainerPhase.Exited, ExitCode: 0 })
                return true;
            VisitContainer(container, static (policy, _) => policy != "Never");
            return false;
        }

        public void VisitContainer(V1Container container, Func<string, ContainerInstance, bool> shouldRestart)
        {
            var newest = view.Newest(container.Name);
            switch (newest?.Phase)
            {
                case null or ContainerPhase.Created:
                    Start(container, newest?.Attempt ?? 0, newest, null);
                    break;
                case ContainerPhase.Exited when shouldRestart(view.RestartPolicy, newest):
                    Start(container, newest.Attempt + 1, newest, view.Restarts.NotBefore(container.Name, view.EndedAt(newest)));
                    break;
                case ContainerPhase.Running when RestartCause(container, newest) is var (cause, grace):
                    var plan = PlanStops(view, [(newest, cause)], grace ?? view.TerminationGrace, static _ => false);
                    _stops.AddRange(plan.Stops);
                    _wake = Earlier(_wake, plan.WakeAt);
                    break;
                case ContainerPhase.Running when IsResizable(container) && ContainerResize.UpdateOf(view, container, newest) is { } update:
                    if (Retry(view, ContainerResize.KeyOf(container.Name)) is { } later)
                        _wake = Earlier(_wake, later);
                    else
                        _updates.Add(update);
                    break;
            }
        }

        private void Start(V1Container container, int attempt, ContainerInstance? previous, DateTimeOffset? notBefore)
        {
            var later = Retry(view, container.Name);
            if (notBefore is { } at && view.Now < at && (later is null || at > later))
                later = at;
            if (later is null)
                _starts.Add(new(container, attempt, previous));
            else
                _wake = Earlier(_wake, later);
        }

        private bool IsResizable(V1Container container) => view.Pod.Spec.Containers.Contains(container) || container.RestartPolicy == "Always";

        /// <summary>Why a running container ends and starts anew, and its grace period if that is not the pod's; null if it does not.</summary>
        private (string Message, TimeSpan? Grace)? RestartCause(V1Container container, ContainerInstance running)
        {
            if (view.FailedStarts.Contains(running.Id))
                return ("FailedPostStartHook", null);
            if (view.HealthOf(running) is { RestartMessage: { } message } health)
                return (message, health.RestartGrace);
            if (IsResizable(container) && ContainerResize.NeedsRestart(view, container, running))
                return ("Container {0} resize requires restart", null);
            return running.SpecHash.Length > 0 && running.SpecHash != ContainerSpecHash.Of(container)
                ? ("Container {0} definition changed, will be restarted", null)
                : null;
        }
    }
}
