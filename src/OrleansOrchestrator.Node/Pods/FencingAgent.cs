using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// Feeds the guard, and wakes the workers when their pods must stop because the control plane is out of reach, and when it is back.
/// </summary>
/// <param name="nodeName">The node.</param>
/// <param name="pods">The workers to wake.</param>
/// <param name="guard">The guard, which stops pods whatever happens to the daemon.</param>
/// <param name="runtime">The runtime, for pods that no worker knows yet.</param>
/// <param name="clock">Tells how long pods may run.</param>
/// <param name="renew">Requests a renewal at once.</param>
/// <param name="instruments">Records fences.</param>
/// <param name="timeProvider">The clock of all delays.</param>
/// <param name="logger">Receives the agent's log.</param>
internal sealed partial class FencingAgent(
    string nodeName, PodDirectory pods, PodGuard guard, IContainerRuntime runtime, LeaseClock clock, Action renew, NodeInstruments instruments,
    TimeProvider timeProvider, ILogger logger)
{
    // Bounds how late a pod past its deadline is stopped; the guard itself acts in time.
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);
    // The longest interval without a guard or without a limited pod. A nearer deadline shortens it.
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private bool _isFenced;
    private bool _isInDoubt;
    private int _lapses;
    private Task _kill = Task.CompletedTask;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("fencing agent", token => Task.FromResult<TimeSpan?>(Check(token)), timeProvider, logger, cancellationToken);

    /// <summary>Wakes the affected workers; returns the wait until the next check.</summary>
    private TimeSpan Check(CancellationToken cancellationToken)
    {
        var state = guard.Feed();
        var isInDoubt = state.Leap > TimeSpan.Zero;
        if (isInDoubt && !_isInDoubt)
        {
            LogLeap(nodeName, state.Leap.TotalSeconds);
            renew();
        }

        _isInDoubt = isInDoubt;
        var rest = state.Rest ?? IdleInterval;
        if (rest <= TimeSpan.Zero)
        {
            if (!_isFenced)
            {
                instruments.Fenced();
                LogFenced(nodeName, clock.SinceAcknowledged.TotalSeconds);
            }

            _isFenced = true;
            EndAtOnce();
            pods.FenceAll();
            if (_kill.IsCompleted)
                _kill = KillUnclaimedAsync(cancellationToken);
            return CheckInterval;
        }

        // After any outage the control plane has to confirm the pods, even if it stopped none.
        var lapses = clock.Lapses;
        if (_isFenced || lapses != _lapses)
            pods.FenceAll();
        if (_isFenced)
            LogReleased(nodeName);
        (_isFenced, _lapses) = (false, lapses);
        var longest = guard.IsFeeding ? CheckInterval : IdleInterval;
        return rest < longest ? rest : longest;
    }

    /// <summary>Ends fenced pods by their cgroups, as the guard does. An engine needs processes and memory of its own to kill one, and the
    /// machine may have none left.</summary>
    private void EndAtOnce()
    {
        foreach (var uid in guard.Fenced)
        {
            // Where the runtime keeps records of its processes, it kills by itself, and records that.
            if (runtime.PlaceOf(uid) is { Folder: null, Cgroup: { } cgroup })
                PodCgroups.End(cgroup);
        }
    }

    /// <summary>Kills fenced pods of an earlier daemon that no list has named yet. A guard, if there is one, has already done so.</summary>
    private async Task KillUnclaimedAsync(CancellationToken cancellationToken)
    {
        foreach (var uid in guard.Fenced.Where(uid => !pods.Contains(uid)).ToList())
        {
            try
            {
                var pod = await runtime.InspectAsync(uid, cancellationToken);
                foreach (var container in pod?.Containers.Where(c => c.Phase == ContainerPhase.Running) ?? [])
                    await runtime.SignalContainerAsync(container.Id, ContainerSignal.Kill, cancellationToken);
            }
            catch (Exception exception) when (exception is RuntimeException or OperationCanceledException)
            {
                LogUnkilled(uid, exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No lease renewal of node {Node} was acknowledged for {Seconds:0.0} s; pods that could be running elsewhere soon are stopped")]
    private partial void LogFenced(string node, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pods of node {Node} may run again; those that were stopped do once the control plane says that they are still this node's")]
    private partial void LogReleased(string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The wall clock of node {Node} leapt ahead by {Seconds:0.0} s: unless the control plane acknowledges the node's lease at once, this counts as time without it")]
    private partial void LogLeap(string node, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The containers of pod {Uid} could not be killed by the runtime: {Reason}")]
    private partial void LogUnkilled(string uid, string reason);
}
