using k8s.Models;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Probes one running container until it is disposed.</summary>
internal sealed class ContainerProber : IAsyncDisposable
{
    private readonly V1Container _container;
    private readonly string _containerId;
    private readonly string _address;
    private readonly ProbeAction _action;
    private readonly TimeProvider _timeProvider;
    private readonly Func<string, ProbeStatistics> _statistics;
    private readonly Action _changed;
    private readonly Action<string> _unhealthy;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private readonly Lock _lock = new();
    private volatile ContainerHealth _health;

    /// <param name="container">The container's spec, with its probes.</param>
    /// <param name="containerId">Its id in the runtime.</param>
    /// <param name="address">The pod's address.</param>
    /// <param name="action">Runs a probe.</param>
    /// <param name="timeProvider">The clock of the periods.</param>
    /// <param name="statistics">Where results are counted, by the kind of probe.</param>
    /// <param name="changed">Called when the health changes.</param>
    /// <param name="unhealthy">Called with a message for every failed probe.</param>
    public ContainerProber(
        V1Container container,
        string containerId,
        string address,
        ProbeAction action,
        TimeProvider timeProvider,
        Func<string, ProbeStatistics> statistics,
        Action changed,
        Action<string> unhealthy)
    {
        _container = container;
        _containerId = containerId;
        _address = address;
        _action = action;
        _timeProvider = timeProvider;
        _statistics = statistics;
        _changed = changed;
        _unhealthy = unhealthy;
        _health = new ContainerHealth(container.StartupProbe is null, container.ReadinessProbe is null && container.StartupProbe is null, null);
        _run = RunAsync(_stop.Token);
    }

    public ContainerHealth Health => _health;

    public static bool Applies(V1Container container) =>
        container.StartupProbe is not null || container.ReadinessProbe is not null || container.LivenessProbe is not null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_container.StartupProbe is { } startup && !await StartUpAsync(startup, cancellationToken))
                return;
            await Task.WhenAll(KeepReadyAsync(cancellationToken), KeepAliveAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The container has ended, or the pod is being stopped.
        }
    }

    private async Task<bool> StartUpAsync(V1Probe probe, CancellationToken cancellationToken)
    {
        var counter = new ProbeCounter(probe, null);
        await RepeatAsync(probe, "Startup", counter, () => counter.Verdict is null, cancellationToken);
        Update(_ => counter.Verdict == true
            ? new ContainerHealth(true, _container.ReadinessProbe is null, null)
            : new ContainerHealth(false, false, "Container {0} failed startup probe, will be restarted") { RestartGrace = GraceOf(probe) });
        return counter.Verdict == true;
    }

    private async Task KeepReadyAsync(CancellationToken cancellationToken)
    {
        if (_container.ReadinessProbe is not { } probe)
            return;
        var counter = new ProbeCounter(probe, false);
        await RepeatAsync(probe, "Readiness", counter, () =>
        {
            Update(health => health with { IsReady = counter.Verdict == true });
            return true;
        }, cancellationToken);
    }

    private async Task KeepAliveAsync(CancellationToken cancellationToken)
    {
        if (_container.LivenessProbe is not { } probe)
            return;
        var counter = new ProbeCounter(probe, true);
        await RepeatAsync(probe, "Liveness", counter, () => counter.Verdict != false, cancellationToken);
        Update(health => health with { RestartMessage = "Container {0} failed liveness probe, will be restarted", RestartGrace = GraceOf(probe) });
    }

    private static TimeSpan? GraceOf(V1Probe probe) => probe.TerminationGracePeriodSeconds is { } seconds ? Waits.Seconds(seconds) : null;

    /// <summary>Repeats a probe at its period while the condition holds after each result.</summary>
    private async Task RepeatAsync(
        V1Probe probe, string kind, ProbeCounter counter, Func<bool> goOn, CancellationToken cancellationToken)
    {
        await _timeProvider.DelayAsync(Waits.Seconds(probe.InitialDelaySeconds ?? 0), cancellationToken);
        var period = Waits.Seconds(Math.Max(1, probe.PeriodSeconds ?? 10));
        while (true)
        {
            var began = _timeProvider.GetTimestamp();
            var (outcome, message) = await _action.RunAsync(probe, _container, _containerId, _address, cancellationToken);
            if (outcome != ProbeOutcome.Success)
                _unhealthy($"{kind} probe {(outcome == ProbeOutcome.Unknown ? "errored" : "failed")}: {message}");
            if (outcome != ProbeOutcome.Unknown)
            {
                _statistics(kind).Add(outcome == ProbeOutcome.Success, _timeProvider.GetElapsedTime(began));
                counter.Add(outcome == ProbeOutcome.Success);
            }

            if (!goOn())
                return;
            await _timeProvider.DelayAsync(period, cancellationToken);
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
