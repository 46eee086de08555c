namespace OrleansOrchestrator.Cli.Failures;

/// <summary>The command cannot do what it was asked for. The message is one line for the user.</summary>
internal sealed class CommandException(string message, Exception? innerException = null) : Exception(message, innerException);
