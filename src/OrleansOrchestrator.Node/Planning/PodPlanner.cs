using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Decides what a pod needs next. Pure: the same view always gives the same plan.</summary>
internal static class PodPlanner
{
    /// <summary>How long to wait before another kill of a container that a kill did not end.</summary>
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long a container has to stop at least, whatever the pod says: before it is started anew, after a hook, and after waiting
    /// for others. As with the kubelet.</summary>
    private static readonly TimeSpan GraceMin = TimeSpan.FromSeconds(2);

    /// <summary>The same if the whole pod ends.</summary>
    private static readonly TimeSpan EndGraceMin = TimeSpan.FromSeconds(1);

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
        if (view.Running.Any())
            return StopAll(view, restarts: false);
        if (view.Sandbox is { IsReady: true })
            return new PodPlan { StopSandbox = true };
        if (view.IsDeleted)
            return new PodPlan { Finish = true };
        return new PodPlan { Reclaim = view.IsReclaimed && view.Sandbox is not null };
    }

    /// <summary>Ends all containers within one grace period, sidecars last.</summary>
    private static PodPlan StopAll(PodView view, bool restarts)
    {
        var running = view.Running.ToList();
        return PlanStops(
            view, running.Select(c => new StopCause(c, "Stopping container {0}", restarts)), view.TerminationGrace, EndGraceMin, view.EndBegan,
            SidecarsThatWait(view, running).Contains);
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
        // Containers that outlived their sandbox have no network any more. They end before a new sandbox is made.
        var isReplaced = view.Sandbox is not null;
        if (view.Running.Any())
            return StopAll(view, restarts: view.RestartPolicy != "Never") with { ReplacesSandbox = isReplaced && view.RestartPolicy != "Never" };
        return Retry(view, SandboxKey) is { } later
            ? new PodPlan { WakeAt = later }
            : new PodPlan { CreateSandbox = true, ReplacesSandbox = isReplaced };
    }

    /// <summary>The key of the sandbox's back-off; no container can have this name.</summary>
    public const string SandboxKey = "";

    private static PodPlan PlanContainers(PodView view)
    {
        var builder = new PlanBuilder(view);
        foreach (var container in view.EphemeralContainers)
            builder.VisitContainer(container);
        var passed = PodOutcome.PassedInits(view);
        foreach (var sidecar in view.InitContainers.Take(passed).Where(container => view.IsSidecar(container.Name)))
            builder.VisitContainer(sidecar);
        foreach (var container in view.InitContainers.Skip(passed))
        {
            if (!builder.PassInitContainer(container))
                return builder.Build();
        }

        foreach (var container in view.Pod.Spec.Containers)
            builder.VisitContainer(container);
        return builder.Build();
    }

    /// <summary>Plans the next step of each end: the hook, the request to stop, the kill.</summary>
    /// <param name="view">The view.</param>
    /// <param name="causes">The containers, and why they end.</param>
    /// <param name="wanted">The time from the first step to the kill, if it is not too short. Within none, no hook runs.</param>
    /// <param name="least">The shortest such time; zero to kill at once.</param>
    /// <param name="began">When the end began of which these are parts; null if each ends by itself.</param>
    /// <param name="mustWait">Whether others still need the container of a name. Its hook runs meanwhile.</param>
    private static PodPlan PlanStops(
        PodView view, IEnumerable<StopCause> causes, TimeSpan wanted, TimeSpan least, DateTimeOffset? began, Func<string, bool> mustWait)
    {
        var stops = new List<ContainerStop>();
        DateTimeOffset? wake = null;
        var grace = AtLeast(wanted, least);
        foreach (var (container, message, restarts) in causes)
        {
            var asked = view.Stopping.TryGetValue(container.Id, out var stop);
            var first = asked ? null : Text(message, container);
            var endsAt = stop.EndsAt(grace);
            if (grace <= TimeSpan.Zero && !(asked && stop.Step == StopStep.Kill))
                stops.Add(new(container, StopStep.Kill, KillAgain, first, restarts));
            else if (!asked && wanted > TimeSpan.Zero && view.SpecOf(container.Name)?.Lifecycle?.PreStop is not null)
                stops.Add(new(container, StopStep.Hook, grace, first, restarts));
            else if (!asked && !mustWait(container.Name))
                stops.Add(new(container, StopStep.Terminate, RestOf(grace, view.Now - began), first, restarts));
            else if (!asked)
                continue;
            else if (stop.Step == StopStep.Hook && (view.Now >= endsAt || (view.EndedHooks.Contains(container.Id) && !mustWait(container.Name))))
                stops.Add(new(container, StopStep.Terminate, AtLeast(endsAt - view.Now, GraceMin), null, restarts));
            else if (stop.Step != StopStep.Hook && view.Now >= endsAt)
                stops.Add(new(container, StopStep.Kill, KillAgain, null, restarts));
            else
                wake = Earlier(wake, endsAt);
        }

        return new PodPlan { Stops = stops, WakeAt = wake };
    }

    /// <summary>What is left of the grace period for a container that had to wait for others.</summary>
    private static TimeSpan RestOf(TimeSpan grace, TimeSpan? waited) =>
        waited is { } time && time > TimeSpan.Zero ? AtLeast(grace - time, GraceMin) : grace;

    private static TimeSpan AtLeast(TimeSpan time, TimeSpan least) => time < least ? least : time;

    private static IReadOnlyList<ContainerStop> Kill(PodView view, string message) => PlanStops(
        view, view.Running.Select(c => new StopCause(c, message, Restarts: false)), TimeSpan.Zero, TimeSpan.Zero, null, static _ => false).Stops;

    private static string Text(string message, ContainerInstance container) =>
        message.Replace("{0}", container.Name, StringComparison.Ordinal);

    private static DateTimeOffset? Retry(PodView view, string key) =>
        view.RetryAt.TryGetValue(key, out var at) && view.Now < at ? at : null;

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) =>
        a is null ? b : b is null || a < b ? a : b;

    /// <summary>Why a container ends.</summary>
    /// <param name="Container">The container.</param>
    /// <param name="Message">The message of the event, with {0} for its name.</param>
    /// <param name="Restarts">Whether it is started anew, whatever its exit code.</param>
    private readonly record struct StopCause(ContainerInstance Container, string Message, bool Restarts);

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
            if (view.IsSidecar(container.Name))
            {
                VisitContainer(container);
                return view.Newest(container.Name) is { Phase: ContainerPhase.Running } sidecar
                    && view.HealthOf(sidecar).IsStarted;
            }

            if (view.Newest(container.Name) is { Phase: ContainerPhase.Exited, ExitCode: 0 } ended && !PodOutcome.IsOwed(view, ended))
                return true;
            VisitContainer(container);
            return false;
        }

        public void VisitContainer(V1Container container)
        {
            var newest = view.Newest(container.Name);
            switch (newest?.Phase)
            {
                case null or ContainerPhase.Created:
                    Start(container, newest?.Attempt ?? 0, newest, null);
                    break;
                case ContainerPhase.Exited when PodOutcome.ShouldRestart(view, container, newest):
                    Start(container, newest.Attempt + 1, newest, view.Restarts.NotBefore(container.Name, view.EndedAt(newest)));
                    break;
                case ContainerPhase.Running when RestartCause(container, newest) is var (cause, grace):
                    var plan = PlanStops(view, [cause], grace ?? view.TerminationGrace, GraceMin, null, static _ => false);
                    _stops.AddRange(plan.Stops);
                    _wake = Earlier(_wake, plan.WakeAt);
                    break;
                case ContainerPhase.Running when ChangesInPlace(container) && ContainerResize.UpdateOf(view, container, newest) is { } update:
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

        // An init container runs to its end, and the next attempt is of the new spec.
        private bool ChangesInPlace(V1Container container) => view.IsSidecar(container.Name) || !view.IsInit(container.Name);

        /// <summary>Why a running container ends alone, and its grace period if that is not the pod's; null if it does not.</summary>
        private (StopCause Cause, TimeSpan? Grace)? RestartCause(V1Container container, ContainerInstance running)
        {
            if (view.FailedStarts.Contains(running.Id))
                return (new(running, "FailedPostStartHook", Restarts: false), null);
            if (view.HealthOf(running) is { FailedProbe: { } probe } health)
                return (ToRestart(running, $"failed {probe} probe", view.RestartPolicy != "Never"), health.RestartGrace);
            if (ChangesInPlace(container) && ContainerResize.NeedsRestart(view, container, running))
                return (new(running, "Container {0} resize requires restart", Restarts: true), null);
            return ChangesInPlace(container) && running.SpecHash.Length > 0 && running.SpecHash != ContainerSpecHash.Of(container)
                ? (ToRestart(running, "definition changed", restarts: true), null)
                : null;
        }

        // In the kubelet's words, which tell of the restart of no sidecar.
        private StopCause ToRestart(ContainerInstance running, string why, bool restarts) => view.IsSidecar(running.Name)
            ? new(running, $"Init container {{0}} {why}", Restarts: true)
            : new(running, $"Container {{0}} {why}{(restarts ? ", will be restarted" : "")}", restarts);
    }
}
