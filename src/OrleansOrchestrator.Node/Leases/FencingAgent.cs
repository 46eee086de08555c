using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Pods;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>Wakes the workers when their pods have to stop because the control plane is out of reach, and when it is back.</summary>
internal sealed partial class FencingAgent(
    PodDirectory pods, FencingPolicy policy, LeaseClock clock, LeaseAgent lease, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private bool _isFenced;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("fencing agent", _ => Task.FromResult<TimeSpan?>(Check()), timeProvider, logger, cancellationToken);

    /// <summary>Wakes whom it concerns; returns when to check again.</summary>
    private TimeSpan Check()
    {
        var limit = pods.Workers.Select(w => w.Pod is { } pod ? policy.FenceAfter(pod) : null).Min();
        if (limit is not { } soonest)
        {
            lease.LimitInterval(TimeSpan.MaxValue);
            clock.ForgetObserved();
            return IdleInterval;
        }

        // A pod that tolerates less than usual needs a shorter distance between renewals, or it could never run.
        // The renewal that this causes at once has to be waited for: until now the pod's limit was not known.
        if (lease.LimitInterval(soonest / 3))
            return CheckInterval;
        var wasOver = clock.ObservedRemaining(soonest) <= TimeSpan.Zero;
        var silence = clock.Observe();
        var rest = clock.ObservedRemaining(soonest);
        if (rest <= TimeSpan.Zero)
        {
            if (!_isFenced)
                LogFenced(silence.TotalSeconds);
            _isFenced = true;
            pods.SignalAll();
            return CheckInterval;
        }

        // A pod that came since the last measurement may have decided by it that it must not run yet.
        if (_isFenced || wasOver)
            pods.SignalAll();
        if (_isFenced)
            LogReleased();
        _isFenced = false;
        return rest < IdleInterval ? rest : IdleInterval;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No lease renewal was acknowledged for {Seconds:0.0} s; pods that could be running elsewhere soon are stopped")]
    private partial void LogFenced(double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "The control plane acknowledges the lease again; pods may run")]
    private partial void LogReleased();
}
