namespace OrleansOrchestrator.Node.Runtime;

/// <summary>How a command inside a container ended, with the start of its output.</summary>
internal sealed record ExecResult(int ExitCode, string Output, bool TimedOut = false);
