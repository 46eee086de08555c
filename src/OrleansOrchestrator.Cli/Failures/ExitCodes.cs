namespace OrleansOrchestrator.Cli.Failures;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>The command succeeded.</summary>
    public const int Success = 0;

    /// <summary>The command failed; one line on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line is invalid.</summary>
    public const int Usage = 2;
}
