namespace OrleansOrchestrator.ControlPlane.Memory;

/// <summary>Decides from a process's allocations when to trim its memory: once, when it becomes idle after some work.</summary>
internal sealed class IdleTrim
{
    /// <summary>Below this many allocated bytes per period a process counts as idle. An idle silo allocates a tenth of it.</summary>
    public const long RestBytesMax = 20_000_000;

    /// <summary>The idle periods before a trim. After them the histories have dropped deleted objects.</summary>
    public const int RestPeriods = 7;

    /// <summary>The bytes allocated since the last trim that make another trim worth its pause.</summary>
    public const long WorkBytesMin = 200_000_000;

    private long _previous;
    private long _atTrim;
    private int _resting;

    /// <summary>Called at the end of each period.</summary>
    /// <param name="allocatedBytes">The bytes that the process has allocated since its start.</param>
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
