namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Processor time in the kernel's measures, as the kubelet translates it.</summary>
internal static class CpuQuota
{
    /// <summary>The period in which a quota may be used.</summary>
    public const long PeriodMicroseconds = 100_000;

    private const long QuotaMicrosecondsMin = 1_000;

    /// <summary>The least weight, which containers without a request have.</summary>
    public const long SharesMin = 2;

    // The end of the kernel's range.
    private const long SharesMax = 262_144;

    /// <summary>The weight of a container that requests so many thousandths of a core.</summary>
    public static long SharesOf(long requestMillis) => (long)Math.Clamp(requestMillis / 1000m * 1024, SharesMin, SharesMax);

    /// <summary>Microseconds of each period for a limit in thousandths of a core; 0 without a limit.</summary>
    public static long OfPeriod(long limitMillis) => limitMillis > 0 ? Math.Max(QuotaMicrosecondsMin, limitMillis * (PeriodMicroseconds / 1000)) : 0;
}
