using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>All inputs of a decision about one pod, at one moment.</summary>
internal sealed record PodView
{
    private static readonly IReadOnlyDictionary<string, DateTimeOffset> NoRetries = new Dictionary<string, DateTimeOffset>();
    private static readonly IReadOnlyDictionary<string, StopProgress> NoStops = new Dictionary<string, StopProgress>();
    private static readonly IReadOnlyDictionary<string, ContainerHealth> NoHealth = new Dictionary<string, ContainerHealth>();
    private static readonly IReadOnlySet<string> NoIds = new HashSet<string>();
    private static readonly IReadOnlyDictionary<string, CgroupResources> NoUpdates = new Dictionary<string, CgroupResources>();
    private static readonly IReadOnlyDictionary<string, string> NoFaults = new Dictionary<string, string>();
    private static readonly IReadOnlyDictionary<string, WaitingReason> NoReasons = new Dictionary<string, WaitingReason>();

    /// <summary>The pod, with what the node has granted to its containers.</summary>
    public required V1Pod Pod { get; init; }

    /// <summary>The pod in the runtime; null if the runtime has nothing of it.</summary>
    public PodSandbox? Sandbox { get; init; }

    /// <summary>The time of all waits, by a clock that nobody sets.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The time of day, for what others read.</summary>
    public DateTimeOffset Wall { get => field == default ? Now : field; init; }

    /// <summary>When the daemon first saw the pod, by the time of day.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>The same by the clock of waits.</summary>
    public DateTimeOffset StartedAt { get => field == default ? StartTime : field; init; }

    /// <summary>When containers have ended, by the clock of waits and by their ids.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Ended { get; init; } = NoRetries;

    public required RestartBackoff Restarts { get; init; }

    /// <summary>Why the pod as a whole has failed; null if it has not. Once set it stays.</summary>
    public PodFailure? Failure { get; init; }

    /// <summary>Why the node rejects the pod; null if it has taken it.</summary>
    public PodFailure? Refusal { get; init; }

    /// <summary>Whether the node must not run this pod any more, because it was without the control plane for too long.</summary>
    public bool IsFenced { get; init; }

    /// <summary>Whether the machine goes down, so that the node starts no further pod.</summary>
    public bool IsShuttingDown { get; init; }

    /// <summary>Why the node itself ends the pod now; null if it does not.</summary>
    public PodEnding? Ending { get; init; }

    /// <summary>The containers that are being stopped, by container id.</summary>
    public IReadOnlyDictionary<string, StopProgress> Stopping { get; init; } = NoStops;

    /// <summary>When the end of the pod, or of its sandbox, began with the first of its containers; null before.</summary>
    public DateTimeOffset? EndBegan { get; init; }

    /// <summary>The containers whose <c>preStop</c> hook has ended, by container id.</summary>
    public IReadOnlySet<string> EndedHooks { get; init; } = NoIds;

    /// <summary>The containers whose <c>postStart</c> hook has failed, by container id.</summary>
    public IReadOnlySet<string> FailedStarts { get; init; } = NoIds;

    /// <summary>The results of probes, by container id.</summary>
    public IReadOnlyDictionary<string, ContainerHealth> Health { get; init; } = NoHealth;

    /// <summary>Why the last start of a container failed, by container name.</summary>
    public IReadOnlyDictionary<string, WaitingReason> Waiting { get; init; } = NoReasons;

    /// <summary>What the runtime has accepted for running containers, by container id.</summary>
    public IReadOnlyDictionary<string, CgroupResources> Updated { get; init; } = NoUpdates;

    /// <summary>Why containers could not get what was granted, by container name.</summary>
    public IReadOnlyDictionary<string, string> UpdateFaults { get; init; } = NoFaults;

    /// <summary>How far the node is with the resize of the pod.</summary>
    public PodResizeState Resize { get; init; } = PodResizeState.None;

    /// <summary>When a start that failed before there was a container may be retried, by container name.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> RetryAt { get; init; } = NoRetries;

    public bool IsDeleted => Pod.Metadata.DeletionTimestamp is not null;

    public string RestartPolicy => Pod.Spec.RestartPolicy ?? "Always";

    public IEnumerable<V1Container> InitContainers => Pod.Spec.InitContainers ?? [];

    public bool IsInit(string name) => InitContainers.Any(container => container.Name == name);

    public bool IsSidecar(string name) => Sidecars.Any(container => container.Name == name);

    /// <summary>The init containers that run beside the others.</summary>
    public IEnumerable<V1Container> Sidecars => Pod.Spec.Sidecars;

    /// <summary>The containers that look into the others. They start once, and nothing waits for them.</summary>
    public IEnumerable<V1Container> EphemeralContainers => Pod.Spec.EphemeralContainersAsOthers();

    /// <summary>The spec of a container; null if the pod has none of this name.</summary>
    public V1Container? SpecOf(string name) => Pod.Spec.Containers.Concat(InitContainers).FirstOrDefault(container => container.Name == name);

    /// <summary>How long a container of this pod may take to stop; zero if its hook is to be left out.</summary>
    /// <remarks>Kubernetes treats a negative grace period as one second.</remarks>
    public TimeSpan TerminationGrace => Ending is { Limit: var limit } && limit < OwnGrace ? limit : OwnGrace;

    private TimeSpan OwnGrace => Waits.Seconds(
        ((IsDeleted ? Pod.Metadata.DeletionGracePeriodSeconds : null) ?? Pod.Spec.TerminationGracePeriodSeconds ?? 30) is var seconds and >= 0 ? seconds : 1);

    /// <summary>Whether the node wants back what is left of the pod when it has ended.</summary>
    public bool IsReclaimed { get => field || IsEvicted; init; }

    private bool IsEvicted => Failure?.Reason == PodFailures.EvictedReason || (Pod.IsTerminal && Pod.Status.Reason == PodFailures.EvictedReason);

    public bool IsTerminal => Failure is not null || Pod.IsTerminal;

    /// <summary>The containers that run now.</summary>
    public IEnumerable<ContainerInstance> Running => Sandbox?.Containers.Where(c => c.Phase == ContainerPhase.Running) ?? [];

    /// <summary>The newest instance of a container, from the runtime or, if that lost it, from the reported status.</summary>
    public ContainerInstance? Newest(string name) => Sandbox?.Newest(name) ?? ReportedInstance.Find(Pod, name);

    /// <summary>When a container has ended, by the clock of waits.</summary>
    public DateTimeOffset EndedAt(ContainerInstance container) =>
        Ended.TryGetValue(container.Id, out var ended) ? ended : container.FinishedAt ?? container.CreatedAt;

    public ContainerHealth HealthOf(ContainerInstance container) =>
        Health.GetValueOrDefault(container.Id) ?? ContainerHealth.Good;
}

/// <summary>The failure of a pod as a whole, as its status shows it.</summary>
/// <param name="Reason">The reason, one word.</param>
/// <param name="Message">The message.</param>
/// <param name="Rejection">The message of the event if the node rejected the pod; null if the pod ran.</param>
internal sealed record PodFailure(string Reason, string Message, string? Rejection = null)
{
    /// <summary>Whether its event is a warning.</summary>
    public bool IsWarning { get; init; } = Rejection is not null;

    /// <summary>The external reason, which the pod's conditions show; null if it failed by itself.</summary>
    public PodDisruption? Disruption { get; init; }
}

/// <summary>Why the node itself ends a pod.</summary>
/// <param name="Failure">The failure of the pod that the end means.</param>
/// <param name="Limit">How long the pod may take to end.</param>
internal sealed record PodEnding(PodFailure Failure, TimeSpan Limit);

/// <summary>Why a container is waiting, as its status shows it.</summary>
internal sealed record WaitingReason(string Reason, string Message);

/// <summary>The progress of a container's stop.</summary>
/// <param name="Step">The last step.</param>
/// <param name="Since">When that began.</param>
/// <param name="Grace">The time from then to the kill, or to the next kill.</param>
/// <param name="Restarts">Whether the container is started anew when it has ended.</param>
internal readonly record struct StopProgress(StopStep Step, DateTimeOffset Since, TimeSpan Grace, bool Restarts = false)
{
    /// <summary>When the present step has taken as long as it may.</summary>
    /// <param name="grace">The present grace period. The shorter of the two counts, from the step on.</param>
    public DateTimeOffset EndsAt(TimeSpan grace) => Waits.After(Since, Step == StopStep.Kill || Grace < grace ? Grace : grace);
}
