using System.Globalization;

namespace OrleansOrchestrator.Consistency.Tests.Runs;

/// <summary>How a run goes: <c>CONSISTENCY_MINUTES</c> makes it longer, <c>CONSISTENCY_SEED</c> repeats one.</summary>
/// <param name="Duration">How long clients and faults go on.</param>
/// <param name="Seed">What decides the faults, and what the clients do.</param>
internal sealed record RunSettings(TimeSpan Duration, int Seed)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(45);

    public static RunSettings FromEnvironment() => new(
        Number("CONSISTENCY_MINUTES") is { } minutes ? TimeSpan.FromMinutes(minutes) : Short,
        (int?)Number("CONSISTENCY_SEED") ?? Random.Shared.Next(1, 1_000_000));

    private static double? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
