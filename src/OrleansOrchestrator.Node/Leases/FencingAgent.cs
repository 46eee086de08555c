using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Pods;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>Wakes the workers when their pods have to stop because the control plane is out of reach, and when it is back.</summary>
internal sealed partial class FencingAgent(PodDirectory pods, FencingTimes times, LeaseClock clock, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private bool _isFenced;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("fencing agent", _ => Task.FromResult<TimeSpan?>(Check()), timeProvider, logger, cancellationToken);

    /// <summary>Wakes whom it concerns; returns when to check again.</summary>
    private TimeSpan Check()
    {
        var rest = pods.Workers.Select(w => w.Pod is { } pod && times.StopAfter(pod) is { } limit ? clock.Remaining(limit) : (TimeSpan?)null).Min() ?? IdleInterval;
        if (rest <= TimeSpan.Zero)
        {
            if (!_isFenced)
                LogFenced(clock.SinceAcknowledged.TotalSeconds);
            _isFenced = true;
            pods.SignalAll();
            return CheckInterval;
        }

        if (_isFenced)
        {
            pods.SignalAll();
            LogReleased();
        }

        _isFenced = false;
        return rest < IdleInterval ? rest : IdleInterval;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No lease renewal was acknowledged for {Seconds:0.0} s; pods that could be running elsewhere soon are stopped")]
    private partial void LogFenced(double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pods may run again; those that were stopped do once the control plane says that they are still this node's")]
    private partial void LogReleased();
}
