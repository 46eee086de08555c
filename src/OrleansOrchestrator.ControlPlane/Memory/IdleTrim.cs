namespace OrleansOrchestrator.ControlPlane.Memory;

/// <summary>Decides from what a process allocates when its memory is to be trimmed: once, when work has come to rest after there was some.</summary>
internal sealed class IdleTrim
{
    /// <summary>Whoever allocates less than this in a period is at rest: an idle silo allocates a tenth of it.</summary>
    public const long RestBytesMax = 20_000_000;

    /// <summary>How many periods of rest come before a trim: by then the histories have let go of what has been deleted.</summary>
    public const int RestPeriods = 7;

    /// <summary>How much must have been allocated since the last trim to make another one worth its pause.</summary>
    public const long WorkBytesMin = 200_000_000;

    private long _previous;
    private long _atTrim;
    private int _resting;

    /// <summary>Takes a look at a period's end.</summary>
    /// <param name="allocatedBytes">What the process has allocated since its start.</param>
    /// <returns>Whether to trim now.</returns>
    public bool Look(long allocatedBytes)
    {
        _resting = allocatedBytes - _previous <= RestBytesMax ? _resting + 1 : 0;
        _previous = allocatedBytes;
        if (_resting < RestPeriods || allocatedBytes - _atTrim < WorkBytesMin)
            return false;
        _atTrim = allocatedBytes;
        return true;
    }
}
