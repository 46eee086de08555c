namespace OrleansOrchestrator.Testing.Programs;

/// <summary>What a program that has ended left behind.</summary>
/// <param name="CommandLine">How it was called.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Errors)
{
    /// <summary>Both streams, for what a program may write to either.</summary>
    public string Text => Output + Errors;

    /// <summary>The lines of standard output that are not empty.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public override string ToString() => $"$ {CommandLine}\n(exit code {ExitCode})\n{Output}{Errors}";
}
