namespace OrleansOrchestrator.Node.Identity;

/// <summary>The machine cannot join the cluster, and trying again does not help; the message says why in one line.</summary>
public sealed class JoinException : Exception
{
    /// <summary>Says why.</summary>
    public JoinException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, and what caused it.</summary>
    public JoinException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>Whether the cluster may say something else in a moment, as of a token that is new.</summary>
    public bool MayPass { get; init; }
}
