namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>A line of a log with its line end, if it has one yet.</summary>
internal readonly record struct LogLine(DateTimeOffset Time, ReadOnlyMemory<byte> Content);
