namespace OrleansOrchestrator.Node.Thresholds;

/// <summary>What is left of something at a moment.</summary>
/// <param name="Available">What is left.</param>
/// <param name="Capacity">What there is in all.</param>
internal readonly record struct SignalReading(long Available, long Capacity);
