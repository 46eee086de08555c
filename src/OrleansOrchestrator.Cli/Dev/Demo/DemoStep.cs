using System.Globalization;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>A step of the demo and its progress.</summary>
/// <param name="Title">What the step does.</param>
/// <param name="Command">The equivalent command, of kubectl or another program.</param>
internal sealed record DemoStep(string Title, string Command)
{
    /// <summary>How long the step has taken; null before it has begun.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>The result; empty while the step runs.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>The duration as text for people.</summary>
    public string Duration => Elapsed is { } elapsed ? elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s" : "";

    /// <summary>Whether it is done.</summary>
    public bool IsDone => Outcome.Length > 0;
}
