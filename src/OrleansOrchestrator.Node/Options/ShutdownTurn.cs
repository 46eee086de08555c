namespace OrleansOrchestrator.Node.Options;

/// <summary>The pods that end together when the machine goes down.</summary>
/// <param name="Priority">The lowest of their priorities.</param>
/// <param name="Time">How long they may take.</param>
internal readonly record struct ShutdownTurn(int Priority, TimeSpan Time);
