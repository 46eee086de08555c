using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>
/// Feeds the guard, wakes the workers when their pods have to stop because the control plane is out of reach, and when it is back.
/// </summary>
internal sealed partial class FencingAgent(
    PodDirectory pods, PodGuard guard, IContainerRuntime runtime, LeaseClock clock, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private bool _isFenced;
    private Task _kill = Task.CompletedTask;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("fencing agent", token => Task.FromResult<TimeSpan?>(Check(token)), timeProvider, logger, cancellationToken);

    /// <summary>Wakes whom it concerns; returns when to check again.</summary>
    private TimeSpan Check(CancellationToken cancellationToken)
    {
        guard.Feed();
        var rest = guard.Rest ?? IdleInterval;
        if (rest <= TimeSpan.Zero)
        {
            if (!_isFenced)
                LogFenced(clock.SinceAcknowledged.TotalSeconds);
            _isFenced = true;
            pods.FenceAll();
            if (_kill.IsCompleted)
                _kill = KillUnclaimedAsync(cancellationToken);
            return CheckInterval;
        }

        if (_isFenced)
        {
            pods.FenceAll();
            LogReleased();
        }

        _isFenced = false;
        var longest = guard.IsFeeding ? CheckInterval : IdleInterval;
        return rest < longest ? rest : longest;
    }

    /// <summary>Kills what an earlier daemon left and no list has told about yet; where there is a guard, it has done so by now.</summary>
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "No lease renewal was acknowledged for {Seconds:0.0} s; pods that could be running elsewhere soon are stopped")]
    private partial void LogFenced(double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pods may run again; those that were stopped do once the control plane says that they are still this node's")]
    private partial void LogReleased();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The containers of pod {Uid} could not be killed by the runtime: {Reason}")]
    private partial void LogUnkilled(string uid, string reason);
}
