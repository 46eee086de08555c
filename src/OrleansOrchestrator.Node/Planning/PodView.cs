using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>Everything a decision about one pod depends on, at one moment.</summary>
internal sealed record PodView
{
    private static readonly IReadOnlyDictionary<string, DateTimeOffset> NoRetries = new Dictionary<string, DateTimeOffset>();
    private static readonly IReadOnlyDictionary<string, StopProgress> NoStops = new Dictionary<string, StopProgress>();
    private static readonly IReadOnlyDictionary<string, ContainerHealth> NoHealth = new Dictionary<string, ContainerHealth>();
    private static readonly IReadOnlyDictionary<string, WaitingReason> NoReasons = new Dictionary<string, WaitingReason>();

    public required V1Pod Pod { get; init; }

    /// <summary>The pod in the runtime, or null if the runtime has nothing of it.</summary>
    public PodSandbox? Sandbox { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>When the daemon first saw the pod.</summary>
    public required DateTimeOffset StartTime { get; init; }

    public required RestartBackoff Restarts { get; init; }

    /// <summary>Why the pod as a whole has failed, or null. Once set it stays.</summary>
    public PodFailure? Failure { get; init; }

    /// <summary>Whether the node may no longer run this pod because it lost the control plane for too long.</summary>
    public bool IsFenced { get; init; }

    /// <summary>The containers that were asked to end, by container id.</summary>
    public IReadOnlyDictionary<string, StopProgress> Stopping { get; init; } = NoStops;

    /// <summary>What the probes say, by container id.</summary>
    public IReadOnlyDictionary<string, ContainerHealth> Health { get; init; } = NoHealth;

    /// <summary>Why a container could not be started last time, by container name.</summary>
    public IReadOnlyDictionary<string, WaitingReason> Waiting { get; init; } = NoReasons;

    /// <summary>When a start may be tried again that failed before there was a container, by container name.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> RetryAt { get; init; } = NoRetries;

    public bool IsDeleted => Pod.Metadata.DeletionTimestamp is not null;

    public string RestartPolicy => Pod.Spec.RestartPolicy ?? "Always";

    public IEnumerable<V1Container> InitContainers => Pod.Spec.InitContainers ?? [];

    /// <summary>How long a container of this pod may take to end when it is asked to.</summary>
    /// <remarks>Kubernetes takes a negative grace for one second.</remarks>
    public TimeSpan TerminationGrace => Waits.Seconds(
        ((IsDeleted ? Pod.Metadata.DeletionGracePeriodSeconds : null) ?? Pod.Spec.TerminationGracePeriodSeconds ?? 30) is var seconds and >= 0 ? seconds : 1);

    public bool IsTerminal => Failure is not null || Pod.IsTerminal;

    /// <summary>The newest instance of a container, from the runtime or, if it lost it, from the reported status.</summary>
    public ContainerInstance? Newest(string name) => Sandbox?.Newest(name) ?? ReportedInstance.Find(Pod, name);

    public ContainerHealth HealthOf(ContainerInstance container) =>
        Health.GetValueOrDefault(container.Id) ?? ContainerHealth.Good;
}

/// <summary>Why a pod as a whole has failed, as its status shows it.</summary>
/// <param name="Reason">One word.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Rejection">What the event says if the node did not take the pod; null if it ran.</param>
internal sealed record PodFailure(string Reason, string Message, string? Rejection = null);

/// <summary>Why a container is not running yet, as its status shows it.</summary>
internal sealed record WaitingReason(string Reason, string Message);

/// <summary>How far the stop of a container is.</summary>
/// <param name="Since">When the last signal was sent.</param>
/// <param name="Grace">How long the container was given then, until it is killed, or killed once more.</param>
/// <param name="Killed">Whether it was killed already.</param>
internal readonly record struct StopProgress(DateTimeOffset Since, TimeSpan Grace, bool Killed)
{
    /// <summary>When it is killed if it has not ended by then.</summary>
    /// <param name="grace">How long it is given by now. Of two times the shorter one counts, from the signal on.</param>
    public DateTimeOffset KillAt(TimeSpan grace) => Waits.After(Since, Killed || Grace < grace ? Grace : grace);
}
