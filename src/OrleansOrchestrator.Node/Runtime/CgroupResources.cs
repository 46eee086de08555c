namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What the kernel enforces of a container's resources, in the kernel's measures.</summary>
/// <param name="CpuShares">Its weight while others want processor time too.</param>
/// <param name="CpuQuotaMicroseconds">The processor time of each <see cref="CpuQuota.PeriodMicroseconds"/>; 0 without a limit.</param>
/// <param name="MemoryLimitBytes">The most memory; 0 without a limit.</param>
internal sealed record CgroupResources(long CpuShares, long CpuQuotaMicroseconds, long MemoryLimitBytes)
{
    /// <summary>The limit of processor time in thousandths of a core; 0 without a limit.</summary>
    public long CpuLimitMillis => CpuQuotaMicroseconds * 1000 / CpuQuota.PeriodMicroseconds;

    /// <summary>The request of processor time in thousandths of a core; 0 for the least weight, which means none.</summary>
    public long CpuRequestMillis => CpuShares <= CpuQuota.SharesMin ? 0 : ((CpuShares * 1000) + 1023) / 1024;

    public static CgroupResources Of(ContainerResources resources) => new(
        CpuQuota.SharesOf(resources.CpuRequestMillis), CpuQuota.OfPeriod(resources.CpuLimitMillis), resources.MemoryLimitBytes);

    /// <summary>The resources of a container that has a period of its own.</summary>
    public static CgroupResources Of(long shares, long quota, long period, long memoryLimitBytes) => new(
        Math.Max(CpuQuota.SharesMin, shares),
        quota > 0 && period > 0 ? (long)((decimal)quota * CpuQuota.PeriodMicroseconds / period) : Math.Max(0, quota),
        Math.Max(0, memoryLimitBytes));
}
