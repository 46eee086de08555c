namespace OrleansOrchestrator.Testing.Programs;

/// <summary>The result of a program that has ended.</summary>
/// <param name="CommandLine">The command line.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Errors)
{
    /// <summary>Both streams, for text that a program may write to either.</summary>
    public string Text => Output + Errors;

    /// <summary>The lines of standard output that are not empty.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public override string ToString() => $"$ {CommandLine}\n(exit code {ExitCode})\n{Output}{Errors}";
}
