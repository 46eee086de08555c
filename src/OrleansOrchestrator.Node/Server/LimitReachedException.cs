namespace OrleansOrchestrator.Node.Server;

/// <summary>The requested number of bytes has been written.</summary>
internal sealed class LimitReachedException() : Exception("The limit of bytes is reached.");
