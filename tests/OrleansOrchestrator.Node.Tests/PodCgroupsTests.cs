using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The limits of all pods together, in folders that look like the kernel's.</summary>
public sealed class PodCgroupsTests : IDisposable
{
    private static readonly CgroupLimits Limits = new(null, 500, 1 << 30, 1000);
    private readonly string _folder = Directory.CreateTempSubdirectory("cgroups-").FullName;

    public PodCgroupsTests() => Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "Only root has cgroups.");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2, "orchestrator/memory.max=max orchestrator/pids.max=max orchestrator/cpu.weight=100")]
    [InlineData(1, "memory/orchestrator/memory.limit_in_bytes=-1 pids/orchestrator/pids.max=max cpu/orchestrator/cpu.shares=1024")]
    public void Limits_ThatTheOperatorRemoved_AreLiftedByTheNextDaemon(int version, string lifted)
    {
        var files = lifted.Split(' ').ToDictionary(one => Path.Combine(_folder, "groups", one.Split('=')[0]), one => one.Split('=')[1]);
        foreach (var file in files.Keys)
            Write(file, "");
        Write(Path.Combine(_folder, "groups", version == 2 ? "cgroup.procs" : "pids/cgroup.procs"), "");
        if (version == 2)
            Write(Path.Combine(_folder, "groups", "cgroup.controllers"), "");

        Start(Limits);
        var limited = files.Keys.Select(File.ReadAllText).ToList();
        limited.ShouldNotContain("");
        limited.Intersect(files.Values).ShouldBeEmpty();

        Start(Limits with { MemoryBytes = null });
        files.Keys.Select(File.ReadAllText).ShouldBe([files.Values.First(), .. limited.Skip(1)]);

        Start(CgroupLimits.None);
        files.ShouldAllBe(file => File.ReadAllText(file.Key) == file.Value);
    }

    [Fact]
    public void Limits_OfAnotherDaemon_StayWhenOneWithoutStarts()
    {
        var memory = Path.Combine(_folder, "groups", "orchestrator", "memory.max");
        Write(memory, "another's");
        Write(Path.Combine(_folder, "groups", "cgroup.procs"), "");
        Write(Path.Combine(_folder, "groups", "cgroup.controllers"), "");

        Start(CgroupLimits.None);

        File.ReadAllText(memory).ShouldBe("another's");
    }

    /// <summary>Whoever ends pods may need a process, and a pod without a limit could take all of the machine's.</summary>
    [Theory]
    [InlineData("max", null, "30000")]
    [InlineData("31000", null, "30000")]
    [InlineData("20000", null, "20000")]
    [InlineData("max", 25000L, "25000")]
    public void Pods_WhateverIsReserved_LeaveTheMachineSomeProcesses(string before, long? reserved, string after)
    {
        var pids = Path.Combine(_folder, "groups", "orchestrator", "pids.max");
        Write(pids, before);
        Write(Path.Combine(_folder, "groups", "cgroup.procs"), "");
        Write(Path.Combine(_folder, "groups", "cgroup.controllers"), "");

        Start(new CgroupLimits(Pids: reserved) { PidsMax = 30000 });

        File.ReadAllText(pids).ShouldBe(after);
    }

    /// <summary>Pods compete with each other by their requests, and not only the containers of each.</summary>
    [Theory]
    [InlineData(0, "2", "1")]
    [InlineData(1, "2", "1")]
    [InlineData(2000, "2048", "79")]
    [InlineData(1_000_000_000, "262144", "10000")]
    public void Pods_AreWeighedByTheirRequests(long millis, string shares, string weight)
    {
        var files = new[] { Path.Combine(_folder, "cpu", "orchestrator", "pod-a", "cpu.shares"), Path.Combine(_folder, "orchestrator", "pod-a", "cpu.weight") };
        foreach (var file in files)
            Write(file, "");

        PodCgroups.Weigh(Path.Combine(_folder, "pids", "orchestrator", "pod-a"), millis, _folder);
        PodCgroups.Weigh(Path.Combine(_folder, "orchestrator", "pod-a"), millis, _folder);

        files.Select(File.ReadAllText).ShouldBe([shares, weight]);
    }

    private void Start(CgroupLimits limits) =>
        PodCgroups.Find(usesSlices: false, limits.After(_folder), out var fault, Path.Combine(_folder, "groups")).ShouldNotBeNull(fault);

    private static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
