namespace OrleansOrchestrator.Node.Server;

/// <summary>As many bytes were written as were asked for.</summary>
internal sealed class LimitReachedException() : Exception("The limit of bytes is reached.");
