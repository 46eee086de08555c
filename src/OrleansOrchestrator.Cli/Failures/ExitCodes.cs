namespace OrleansOrchestrator.Cli.Failures;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    /// <summary>It did what it was asked for.</summary>
    public const int Success = 0;

    /// <summary>It could not; one line on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line made no sense.</summary>
    public const int Usage = 2;
}
