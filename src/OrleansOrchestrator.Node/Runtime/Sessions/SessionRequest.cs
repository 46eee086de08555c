namespace OrleansOrchestrator.Node.Runtime.Sessions;

/// <summary>The request of a session.</summary>
internal sealed record SessionRequest
{
    /// <summary>The command of an exec with its arguments; empty for an attach.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Whether the process gets input; otherwise it reads the end of input at once.</summary>
    public bool Stdin { get; init; }

    /// <summary>Whether its standard output is wanted.</summary>
    public bool Stdout { get; init; }

    /// <summary>Whether its standard error is wanted.</summary>
    public bool Stderr { get; init; }

    /// <summary>Whether it gets a terminal, in which output and error are one stream.</summary>
    public bool Tty { get; init; }
}

/// <summary>The size of a terminal in characters.</summary>
internal readonly record struct TerminalSize(ushort Columns, ushort Rows);
