using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>The times and bounds of the autoscaler, with the defaults of kube-controller-manager's <c>--horizontal-pod-autoscaler-…</c> flags.</summary>
public sealed record AutoscalerOptions
{
    /// <summary>How often the replicas of each target are judged.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How far usage may be from its target, as a part of the target, before anything is scaled.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>For how long the highest recommendation holds against lower ones, unless an autoscaler's behavior says otherwise.</summary>
    public TimeSpan DownscaleStabilization { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For how long after a pod's start its processor use is judged by whether it is ready.</summary>
    public TimeSpan CpuInitializationPeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A pod that has become unready within this time after its start, and is so still, was never ready.</summary>
    public TimeSpan InitialReadinessDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.Positive(Period);
        faults.Require(Tolerance >= 0, $"{nameof(Tolerance)} must not be negative, but is {Tolerance}.");
        faults.NotNegative(DownscaleStabilization);
        faults.NotNegative(CpuInitializationPeriod);
        faults.NotNegative(InitialReadinessDelay);
        return faults.All;
    }
}
