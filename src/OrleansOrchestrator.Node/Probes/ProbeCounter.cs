using k8s.Models;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Turns the results of a probe into a verdict by its thresholds. Pure but for its own counts.</summary>
internal sealed class ProbeCounter(V1Probe probe, bool? initial)
{
    private int _inARow;
    private bool _last;

    /// <summary>True for healthy, false for unhealthy, null without a verdict yet.</summary>
    public bool? Verdict { get; private set; } = initial;

    public void Add(bool succeeded)
    {
        _inARow = succeeded == _last || _inARow == 0 ? _inARow + 1 : 1;
        _last = succeeded;
        var threshold = succeeded ? probe.SuccessThreshold ?? 1 : probe.FailureThreshold ?? 3;
        if (_inARow >= Math.Max(1, threshold))
            Verdict = succeeded;
    }
}
