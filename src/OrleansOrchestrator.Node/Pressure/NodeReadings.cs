using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Pressure;

/// <summary>What is left of everything at a moment. What could not be read is missing.</summary>
internal sealed record NodeReadings
{
    public static readonly NodeReadings None = new();

    /// <summary>The readings by signal.</summary>
    public IReadOnlyDictionary<EvictionSignal, SignalReading> Signals { get; init; } = new Dictionary<EvictionSignal, SignalReading>();

    /// <summary>Whether images and the containers' own files are on another file system than volumes and logs.</summary>
    public bool HasImageFs { get; init; }
}
