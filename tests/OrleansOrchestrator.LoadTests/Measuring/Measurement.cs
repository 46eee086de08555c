namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>One line of the report.</summary>
/// <param name="Work">What was done.</param>
/// <param name="Count">How often it succeeded.</param>
/// <param name="Errors">How often it did not.</param>
/// <param name="Seconds">In what time.</param>
internal sealed record Measurement(string Work, long Count, long Errors, double Seconds)
{
    /// <summary>Half of the requests took no longer, in milliseconds.</summary>
    public double P50 { get; init; } = double.NaN;

    /// <summary>99 of 100 requests took no longer, in milliseconds.</summary>
    public double P99 { get; init; } = double.NaN;

    /// <summary>Processor time per success by process, in microseconds.</summary>
    public IReadOnlyList<(string Process, double Microseconds)> Cpu { get; init; } = [];

    /// <summary>The machine's load average afterwards.</summary>
    public double Load { get; init; }

    /// <summary>What else is worth knowing.</summary>
    public string Note { get; init; } = "";

    public double Rate => Seconds > 0 ? Count / Seconds : 0;
}
