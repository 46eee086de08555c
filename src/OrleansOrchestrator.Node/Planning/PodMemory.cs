using System.Collections.Immutable;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>What a worker remembers of its pod between steps, beyond the API and the runtime.</summary>
/// <remarks>It may be lost at a restart of the daemon: delays then start over, and stops are requested again.</remarks>
internal sealed class PodMemory(TimeSpan restartDelay, TimeSpan restartDelayMax)
{
    // For failures before anything ran: a missing ConfigMap is found within ten seconds of its creation.
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    private readonly RestartBackoff _restarts = new(new Backoff(restartDelay, restartDelayMax));
    private readonly RestartBackoff _pulls = new(new Backoff(restartDelay, restartDelayMax));
    private readonly RestartBackoff _retries = new(Retries);
    private ImmutableDictionary<string, StopProgress> _stopping = ImmutableDictionary<string, StopProgress>.Empty;
    private ImmutableHashSet<string> _failedStarts = [];
    private ImmutableDictionary<string, WaitingReason> _waiting = ImmutableDictionary<string, WaitingReason>.Empty;
    private ImmutableDictionary<string, CgroupResources> _updated = ImmutableDictionary<string, CgroupResources>.Empty;
    private ImmutableDictionary<string, string> _updateFaults = ImmutableDictionary<string, string>.Empty;
    private ImmutableDictionary<string, DateTimeOffset> _retryAt = ImmutableDictionary<string, DateTimeOffset>.Empty;
    private ImmutableDictionary<string, DateTimeOffset> _ended = ImmutableDictionary<string, DateTimeOffset>.Empty;
    private ImmutableDictionary<string, string> _specs = ImmutableDictionary<string, string>.Empty;
    private DateTimeOffset? _startTime;
    private DateTimeOffset? _startedAt;
    private DateTimeOffset? _endBegan;
    private string? _toldSandbox;
    private PodFailure? _failure;

    /// <summary>Why the node rejects the pod; null if it has taken it.</summary>
    public PodFailure? Refusal { get; init; }

    /// <summary>The paths of the pod's volumes by name; null until they are prepared.</summary>
    public IReadOnlyDictionary<string, string>? Volumes { get; set; }

    /// <summary>When volumes with objects of the API were last read.</summary>
    public DateTimeOffset VolumesReadAt { get; set; }

    /// <summary>Whether the pod as a whole has failed.</summary>
    public bool HasFailed => _failure is not null;

    /// <param name="pod">The pod.</param>
    /// <param name="sandbox">The pod in the runtime.</param>
    /// <param name="health">The results of its probes.</param>
    /// <param name="isFenced">Whether the node must not run it.</param>
    /// <param name="now">The time of all waits.</param>
    /// <param name="wall">The time of day, which the API's and the runtime's times are by.</param>
    public PodView View(
        V1Pod pod, PodSandbox? sandbox, IReadOnlyDictionary<string, ContainerHealth> health, bool isFenced, DateTimeOffset now, DateTimeOffset wall)
    {
        _startTime ??= pod.Status?.StartTime is { } reported ? new DateTimeOffset(reported) : wall;
        _startedAt ??= Steady(_startTime.Value, now, wall);
        NoteEnded(sandbox, now, wall);
        ForgetFormerSpecs(pod);
        var view = new PodView
        {
            Pod = pod,
            Sandbox = sandbox,
            Now = now,
            Wall = wall,
            StartTime = _startTime.Value,
            StartedAt = _startedAt.Value,
            Ended = _ended,
            Restarts = _restarts,
            Failure = _failure,
            Refusal = Refusal,
            IsFenced = isFenced,
            Health = health,
            Stopping = _stopping,
            FailedStarts = _failedStarts,
            Waiting = _waiting,
            Updated = _updated,
            UpdateFaults = _updateFaults,
            RetryAt = _retryAt,
        };
        _endBegan = !PodOutcome.IsEnding(view) ? null : _endBegan ?? (_stopping.IsEmpty ? null : now);
        return view with { EndBegan = _endBegan };
    }

    /// <summary>A time of day that is past, by the clock of waits. One that lies ahead, because the clock was set back, is now.</summary>
    private static DateTimeOffset Steady(DateTimeOffset past, DateTimeOffset now, DateTimeOffset wall) => past < wall ? now - (wall - past) : now;

    /// <summary>Remembers when containers have ended, as soon as they are seen, so that nobody's clock matters any more.</summary>
    private void NoteEnded(PodSandbox? sandbox, DateTimeOffset now, DateTimeOffset wall)
    {
        var ended = (sandbox?.Containers ?? []).Where(container => container.Phase == ContainerPhase.Exited).ToList();
        _ended = _ended.RemoveRange(_ended.Keys.Except(ended.Select(container => container.Id)));
        foreach (var container in ended.Where(container => !_ended.ContainsKey(container.Id)))
            _ended = _ended.SetItem(container.Id, Steady(container.FinishedAt ?? container.CreatedAt, now, wall));
    }

    /// <summary>The view with what was remembered since.</summary>
    public PodView Refresh(PodView view) => view with { Failure = _failure, Stopping = _stopping, Waiting = _waiting, RetryAt = _retryAt };

    public void Fail(PodFailure failure) => _failure = failure;

    public void NoteStop(ContainerStop stop, DateTimeOffset now) =>
        _stopping = _stopping.SetItem(stop.Container.Id, new StopProgress(stop.Step, now, stop.Grace, stop.Restarts));

    /// <summary>Records that a sandbox that has ended is replaced.</summary>
    /// <returns>Whether this was not known.</returns>
    public bool NoteSandboxReplaced(string sandboxId) => _toldSandbox != (_toldSandbox = sandboxId);

    /// <summary>Records that the <c>postStart</c> hook of a container has failed, so that it ends.</summary>
    public void NoteStartFailed(string containerId) => _failedStarts = _failedStarts.Add(containerId);

    /// <summary>Records that a container started: its waiting reason ends, and the previous instance counts for its next delay.</summary>
    public void NoteStarted(ContainerStart start, DateTimeOffset now)
    {
        var name = start.Container.Name;
        _waiting = _waiting.Remove(name);
        _retryAt = _retryAt.Remove(name);
        _retries.Forget(name);
        _pulls.Forget(name);
        if (start.Previous is { Phase: ContainerPhase.Exited } previous)
        {
            _stopping = _stopping.Remove(previous.Id);
            _updated = _updated.Remove(previous.Id);
            _updateFaults = _updateFaults.Remove(name);
            _failedStarts = _failedStarts.Remove(previous.Id);
            _restarts.Record(name, _ended.TryGetValue(previous.Id, out var ended) ? ended : previous.FinishedAt ?? previous.CreatedAt, now);
        }
    }

    /// <summary>Records that a container has got other resources.</summary>
    public void NoteUpdated(ContainerUpdate update)
    {
        var key = ContainerResize.KeyOf(update.Container.Name);
        _updated = _updated.SetItem(update.Container.Id, update.Resources);
        _updateFaults = _updateFaults.Remove(update.Container.Name);
        _retryAt = _retryAt.Remove(key);
        _retries.Forget(key);
    }

    /// <summary>Records that a container could not get other resources. It is tried again after a delay.</summary>
    /// <returns>Whether this was not known.</returns>
    public bool NoteUpdateFailed(ContainerUpdate update, string message, DateTimeOffset now)
    {
        var isNew = _updateFaults.GetValueOrDefault(update.Container.Name) != message;
        _updateFaults = _updateFaults.SetItem(update.Container.Name, message);
        NoteFailed(ContainerResize.KeyOf(update.Container.Name), null, now);
        return isNew;
    }

    public void NoteSandboxCreated()
    {
        _retryAt = _retryAt.Remove(PodPlanner.SandboxKey);
        _retries.Forget(PodPlanner.SandboxKey);
    }

    /// <summary>Records that a start failed before anything ran. It is retried after a delay of its own.</summary>
    /// <param name="key">The container's name, or <see cref="PodPlanner.SandboxKey"/>.</param>
    /// <param name="reason">The reason in the status until the retry; null for none.</param>
    /// <param name="now">The time of the failure.</param>
    public void NoteFailed(string key, WaitingReason? reason, DateTimeOffset now)
    {
        var backoff = reason?.Reason is RuntimeException.ImagePull or RuntimeException.ImageNeverPull ? _pulls : _retries;
        backoff.Record(key, now, now);
        _retryAt = _retryAt.SetItem(key, backoff.NotBefore(key, now));
        if (reason is not null)
            _waiting = _waiting.SetItem(key, reason);
    }

    /// <summary>Changes the status of a reported failed pull to waiting for the retry.</summary>
    /// <returns>The message; null if no pull has failed.</returns>
    public string? NotePullWaits(string container, string image)
    {
        if (!_waiting.TryGetValue(container, out var reason) || reason.Reason != RuntimeException.ImagePull)
            return null;
        var waits = $"Back-off pulling image \"{image}\"";
        _waiting = _waiting.SetItem(container, new WaitingReason("ImagePullBackOff", $"{waits}: {reason.Reason}: {reason.Message}"));
        return waits;
    }

    /// <summary>Forgets the failures of containers that were of another spec: the present one has not been tried yet.</summary>
    private void ForgetFormerSpecs(V1Pod pod)
    {
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []))
        {
            var (name, hash) = (container.Name, ContainerSpecHash.Of(container));
            if (_specs.TryGetValue(name, out var former) && former != hash)
            {
                _waiting = _waiting.Remove(name);
                _retryAt = _retryAt.Remove(name);
                _retries.Forget(name);
                _pulls.Forget(name);
                _restarts.Forget(name);
            }

            _specs = _specs.SetItem(name, hash);
        }
    }
}
