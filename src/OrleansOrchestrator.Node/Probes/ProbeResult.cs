namespace OrleansOrchestrator.Node.Probes;

/// <summary>What a probe has found.</summary>
internal enum ProbeOutcome
{
    /// <summary>The container is as it should be.</summary>
    Success,

    /// <summary>It is, and users should know of something.</summary>
    Warning,

    /// <summary>It is not.</summary>
    Failure,

    /// <summary>The probe could not be run. As with the kubelet, that counts for nothing.</summary>
    Unknown,
}

/// <summary>The result of one run of a probe.</summary>
/// <param name="Outcome">What it has found.</param>
/// <param name="Message">Why it has not simply succeeded; empty if it has.</param>
internal readonly record struct ProbeResult(ProbeOutcome Outcome, string Message)
{
    /// <summary>The result of a probe that was run.</summary>
    /// <param name="failure">The failure; null if it succeeded.</param>
    public static ProbeResult Of(string? failure) => new(failure is null ? ProbeOutcome.Success : ProbeOutcome.Failure, failure ?? "");
}
