namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>What an engine has shown of negative OOM scores. One without rights refuses them, and hardly any says so.</summary>
/// <remarks>
/// A sandbox that starts only without a negative score is a hint, because any fault may have passed meanwhile. Several in a row are
/// proof. One that starts with it refutes all hints.
/// </remarks>
internal sealed class OomProtection
{
    private const int HintsMax = 3;

    private int _hints;

    /// <summary>Whether a sandbox is started with a negative score.</summary>
    public bool OfSandboxes => Volatile.Read(ref _hints) < HintsMax;

    /// <summary>Whether other containers are: what they are started with is not tried again without.</summary>
    public bool OfContainers => Volatile.Read(ref _hints) == 0;

    /// <summary>Notes that a sandbox has started with a negative score.</summary>
    public void NoteAccepted() => Interlocked.Exchange(ref _hints, 0);

    /// <summary>Notes that a sandbox has started only without one.</summary>
    /// <param name="failure">What the engine said to the negative one.</param>
    /// <returns>Whether that is the proof.</returns>
    public bool NoteRefused(string failure)
    {
        if (failure.Contains("oom_score_adj", StringComparison.OrdinalIgnoreCase))
            return Interlocked.Exchange(ref _hints, HintsMax) < HintsMax;
        return Interlocked.Increment(ref _hints) == HintsMax;
    }

    /// <summary>Notes that no sandbox of an earlier run has a negative score: the next one shows whether that is still right.</summary>
    public void NoteNoneBefore() => Interlocked.Exchange(ref _hints, HintsMax - 1);
}
