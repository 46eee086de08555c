namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The result of a command inside a container, with the beginning of its output.</summary>
internal sealed record ExecResult(int ExitCode, string Output, bool TimedOut = false);
