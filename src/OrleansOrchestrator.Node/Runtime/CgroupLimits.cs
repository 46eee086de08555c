namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What pods may take of the machine, as their cgroups enforce it; null without a limit.</summary>
/// <param name="PidsOfPod">The most processes of one pod.</param>
/// <param name="CpuMillis">The processor time of all pods while others want it too, in thousandths of a core.</param>
/// <param name="MemoryBytes">The most memory of all pods.</param>
/// <param name="Pids">The most processes of all pods.</param>
internal sealed record CgroupLimits(long? PidsOfPod = null, long? CpuMillis = null, long? MemoryBytes = null, long? Pids = null)
{
    public static readonly CgroupLimits None = new();

    /// <summary>The most processes of all pods if nothing is reserved; null if the machine does not tell how many it has.</summary>
    public long? PidsMax { get; init; }

    /// <summary>Whether an earlier run of this daemon has limited all pods, so that a limit that is null now is lifted. Otherwise it may be
    /// that of another daemon of the machine.</summary>
    public bool LiftsOthers { get; init; }

    /// <summary>The limits after those of earlier runs. A file remembers that there were any.</summary>
    public CgroupLimits After(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, "limits-all-pods");
        var hasLimited = File.Exists(file);
        if ((CpuMillis ?? MemoryBytes ?? Pids) is not null)
            File.WriteAllText(file, "");
        return this with { LiftsOthers = hasLimited };
    }
}
