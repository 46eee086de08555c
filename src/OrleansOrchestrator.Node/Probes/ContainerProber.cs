using k8s.Models;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Probes one running container until it is disposed.</summary>
internal sealed class ContainerProber : IAsyncDisposable
{
    private const string Unhealthy = "Unhealthy";

    private readonly ProbeTarget _target;
    private readonly ProbeAction _action;
    private readonly TimeProvider _timeProvider;
    private readonly Func<string, ProbeStatistics> _statistics;
    private readonly Action _changed;
    private readonly Action<string, string> _tell;
    private readonly long _began;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopChecks = new();
    private readonly Task _run;
    private readonly Lock _lock = new();
    private volatile ContainerHealth _health;

    /// <param name="target">The container.</param>
    /// <param name="action">Runs a probe.</param>
    /// <param name="timeProvider">The clock of the periods.</param>
    /// <param name="statistics">Where results are counted, by the kind of probe.</param>
    /// <param name="changed">Called when the health changes.</param>
    /// <param name="tell">Called with the reason and the message of an event.</param>
    public ContainerProber(
        ProbeTarget target, ProbeAction action, TimeProvider timeProvider, Func<string, ProbeStatistics> statistics, Action changed, Action<string, string> tell)
    {
        _target = target;
        _action = action;
        _timeProvider = timeProvider;
        _statistics = statistics;
        _changed = changed;
        _tell = tell;
        _began = timeProvider.GetTimestamp();

        // A restart of the daemon changes nothing that was known of the container.
        var container = target.Container;
        var isStarted = container.StartupProbe is null || target.Reported?.Started == true;
        _health = new ContainerHealth(isStarted, isStarted && (container.ReadinessProbe is null || target.Reported?.Ready == true), null);
        _run = RunAsync(_stop.Token);
    }

    public ContainerHealth Health => _health;

    public static bool Applies(V1Container container) =>
        container.StartupProbe is not null || container.ReadinessProbe is not null || container.LivenessProbe is not null;

    /// <summary>Ends the probes that can end the container, because its pod ends. It counts as started.</summary>
    public void StopChecks() => _stopChecks.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        _stopChecks.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_health.IsStarted && _target.Container.StartupProbe is { } startup && !await StartUpAsync(startup, cancellationToken))
                return;
            await Task.WhenAll(KeepReadyAsync(cancellationToken), KeepAliveAsync(cancellationToken));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The container has ended, and whatever its probe met then.
        }
    }

    private async Task<bool> StartUpAsync(V1Probe probe, CancellationToken cancellationToken)
    {
        var counter = new ProbeCounter(probe, null);
        await CheckAsync(probe, "Startup", counter, () => counter.Verdict is null, cancellationToken);
        Update(_ => counter.Verdict == false
            ? new ContainerHealth(false, false, "startup") { RestartGrace = GraceOf(probe) }
            : new ContainerHealth(true, _target.Container.ReadinessProbe is null, null));
        return counter.Verdict != false;
    }

    private async Task KeepReadyAsync(CancellationToken cancellationToken)
    {
        if (_target.Container.ReadinessProbe is not { } probe)
            return;
        var counter = new ProbeCounter(probe, _health.IsReady);
        await RepeatAsync(probe, "Readiness", counter, () =>
        {
            Update(health => health with { IsReady = counter.Verdict == true });
            return true;
        }, cancellationToken);
    }

    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        if (_target.Container.LivenessProbe is not { } probe)
            return;
        var counter = new ProbeCounter(probe, true);
        await CheckAsync(probe, "Liveness", counter, () => counter.Verdict != false, cancellationToken);
        if (counter.Verdict == false)
            Update(health => health with { FailedProbe = "liveness", RestartGrace = GraceOf(probe) });
    }

    private static TimeSpan? GraceOf(V1Probe probe) => probe.TerminationGracePeriodSeconds is { } seconds ? Waits.Seconds(seconds) : null;

    /// <summary>Repeats a probe as <see cref="RepeatAsync"/> until the checks end.</summary>
    private async Task CheckAsync(V1Probe probe, string kind, ProbeCounter counter, Func<bool> goOn, CancellationToken cancellationToken)
    {
        using var checks = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopChecks.Token);
        try
        {
            await RepeatAsync(probe, kind, counter, goOn, checks.Token);
        }
        catch (Exception) when (checks.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The pod ends.
        }
    }

    /// <summary>Repeats a probe at its period while the condition holds after each result.</summary>
    private async Task RepeatAsync(
        V1Probe probe, string kind, ProbeCounter counter, Func<bool> goOn, CancellationToken cancellationToken)
    {
        var period = Waits.Seconds(Math.Max(1, probe.PeriodSeconds ?? 10));
        await _timeProvider.DelayAsync(FirstDelay(probe, period), cancellationToken);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = _timeProvider.GetTimestamp();
            var (outcome, message) = await _action.RunAsync(probe, _target.Container, _target.Id, _target.Address, cancellationToken);
            Tell(kind, outcome, message);
            if (outcome != ProbeOutcome.Unknown)
            {
                _statistics(kind).Add(outcome != ProbeOutcome.Failure, _timeProvider.GetElapsedTime(began));
                counter.Add(outcome != ProbeOutcome.Failure);
            }

            if (!goOn())
                return;
            await _timeProvider.DelayAsync(period - _timeProvider.GetElapsedTime(began), cancellationToken);
        }
    }

    /// <summary>What is left of the initial delay, which counts from the start of the container. The probes of containers that a daemon finds
    /// are spread over their period.</summary>
    private TimeSpan FirstDelay(V1Probe probe, TimeSpan period)
    {
        var age = _target.Age < TimeSpan.Zero ? TimeSpan.Zero : _target.Age;
        var left = Waits.Seconds(probe.InitialDelaySeconds ?? 0) - age - _timeProvider.GetElapsedTime(_began);
        return left <= TimeSpan.Zero && _target.Reported is not null ? period * Random.Shared.NextDouble() : left;
    }

    private void Tell(string kind, ProbeOutcome outcome, string message)
    {
        switch (outcome)
        {
            case ProbeOutcome.Warning:
                _tell("ProbeWarning", $"{kind} probe warning: {message}");
                break;
            case ProbeOutcome.Failure:
                _tell(Unhealthy, $"{kind} probe failed: {message}");
                break;
            case ProbeOutcome.Unknown:
                _tell(Unhealthy, $"{kind} probe errored: {message}");
                break;
        }
    }

    private void Update(Func<ContainerHealth, ContainerHealth> change)
    {
        // Readiness and liveness are probed concurrently, and each updates its own part.
        bool changed;
        lock (_lock)
        {
            var health = change(_health);
            changed = _health != health;
            _health = health;
        }

        if (changed)
            _changed();
    }
}
