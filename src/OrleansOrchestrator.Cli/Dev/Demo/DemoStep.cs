using System.Globalization;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>A step of the demo, as far as it has come.</summary>
/// <param name="Title">What is done.</param>
/// <param name="Command">How a user would do it with kubectl, or with another program.</param>
internal sealed record DemoStep(string Title, string Command)
{
    /// <summary>How long it has taken; null before it has begun.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>What came of it; empty as long as it is under way.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>How long it has taken, for people.</summary>
    public string Duration => Elapsed is { } elapsed ? elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s" : "";

    /// <summary>Whether it is done.</summary>
    public bool IsDone => Outcome.Length > 0;
}
