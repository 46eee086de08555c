using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Process;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The guards alone, with a wall clock that the test sets and without a daemon.</summary>
public sealed class GuardScriptTests : IAsyncDisposable
{
    private const int Doubt = 2;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("guard-test-").FullName;
    private readonly List<Process> _processes = [];

    private string Folder => Path.Combine(_folder, "guard");

    private string Records => Path.Combine(_folder, "records");

    [Fact]
    public async Task WallClock_LeapsAndTheDaemonDoesNotTell_EndsThePodAfterTheDoubt()
    {
        var pod = await StartAsync(deadlineIn: TimeSpan.FromSeconds(20));
        SetLeap(3600);

        var start = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync(() => pod.HasExited, "the pod has ended", within: TimeSpan.FromSeconds(10));
        TimeProvider.System.GetElapsedTime(start).TotalSeconds.ShouldBeInRange(Doubt - 0.5, Doubt + 4);
        File.Exists(Path.Combine(Records, "sealed")).ShouldBeTrue();
    }

    [Fact]
    public async Task WallClock_LeapsAndTheDaemonTells_EndsThePodAtItsDeadlineOnly()
    {
        var pod = await StartAsync(deadlineIn: TimeSpan.FromSeconds(60));
        SetLeap(3600);

        // The control plane has acknowledged a renewal since the leap.
        Feed(TimeSpan.FromSeconds(8), 3600);
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync(() => pod.HasExited, "the pod has ended", within: TimeSpan.FromSeconds(15));
        TimeProvider.System.GetElapsedTime(start).TotalSeconds.ShouldBeInRange(7, 11);
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("second")]
    public async Task OneGuard_Killed_IsStartedAgainByTheOther(string which)
    {
        await StartAsync(deadlineIn: TimeSpan.FromMinutes(5));
        var before = await Eventually.AnswersAsync(() => Guard("pid") is not null ? Guard("second") is not null ? Guard(which) : null : null, "there are two");

        using (var guard = Process.GetProcessById(before.Pid))
            guard.Kill();

        await Eventually.HoldsAsync(() => Guard(which) is { } after && after != before, "there are two again", within: TimeSpan.FromSeconds(10));
    }

    /// <summary>A pod has taken all processes of the machine: nobody can start another one.</summary>
    [Theory]
    [InlineData("sh")]
    [InlineData("bash")]
    public async Task Guards_ThatCannotStartAProcess_LiveOnAndEndThePodAtItsDeadline(string shell)
    {
        var cgroups = PodCgroups.Find(usesSlices: false, CgroupLimits.None, out _);
        Assert.SkipWhen(cgroups is null, "This machine has no cgroups that a test can use.");
        var uid = $"guard-{Guid.NewGuid():N}";
        cgroups!.Open(uid);
        try
        {
            var pod = await StartAsync(deadlineIn: TimeSpan.FromMinutes(5), shell);
            var before = new[] { Guard("pid"), Guard("second") };
            var place = cgroups.PathOf(uid);
            await File.WriteAllTextAsync(Path.Combine(place, "pids.max"), "1", Cancelled);
            foreach (var guard in before)
                await File.WriteAllTextAsync(Path.Combine(place, "cgroup.procs"), guard!.Pid.ToString(CultureInfo.InvariantCulture), Cancelled);
            await Eventually.HoldsAsync(() => File.ReadAllLines(Path.Combine(place, "cgroup.procs")).Length == 2, "no process of theirs was started before", within: TimeSpan.FromSeconds(10));

            Feed(TimeSpan.FromSeconds(4), 0);
            await Eventually.HoldsAsync(() => pod.HasExited, "the pod has ended", within: TimeSpan.FromSeconds(8));
            new[] { Guard("pid"), Guard("second") }.ShouldBe(before);

            // When there are processes again, all is as before.
            await File.WriteAllTextAsync(Path.Combine(place, "pids.max"), "max", Cancelled);
            using (var guard = Process.GetProcessById(before[1]!.Pid))
                guard.Kill();
            await Eventually.HoldsAsync(() => Guard("second") is { } after && after != before[1], "there are two again", within: TimeSpan.FromSeconds(15));
        }
        finally
        {
            Directory.Delete(Path.Combine(_folder, "data"), recursive: true);
            await Eventually.HoldsAsync(() => !Directory.Exists(Folder), "the guards have ended", within: TimeSpan.FromSeconds(10));
            await cgroups.RemoveAsync(uid, TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Without their data folder both guards end.
        if (Directory.Exists(Path.Combine(_folder, "data")))
            Directory.Delete(Path.Combine(_folder, "data"), recursive: true);
        await Eventually.HoldsAsync(() => !Directory.Exists(Folder), "the guards have ended");
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts a process that stands for a pod, and the guards.</summary>
    private async Task<Process> StartAsync(TimeSpan deadlineIn, string shell = "sh")
    {
        var record = Directory.CreateDirectory(Path.Combine(Records, "main.0")).FullName;
        Directory.CreateDirectory(Folder);
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        var programs = Directory.CreateDirectory(Path.Combine(_folder, "programs")).FullName;
        SetLeap(0);
        var date = Path.Combine(programs, "date");
        await File.WriteAllTextAsync(date, $"#!/bin/sh\nread leap <{_folder}/leap\necho $(($(PATH=/usr/bin:/bin date +%s) + leap))\n");
        File.SetUnixFileMode(date, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var pod = Start("setsid", "sh", "-c", $"echo $$ $(cut -d ' ' -f 22 /proc/$$/stat) >{record}/pid; while :; do sleep 0.1; done");
        await Eventually.HoldsAsync(() => ProcessIdentity.Read(Path.Combine(record, "pid")) is not null, "the pod runs");
        Feed(deadlineIn, 0);
        var script = Path.Combine(Folder, "guard.sh");
        await File.WriteAllTextAsync(script, GuardScript.Text);
        Start("setsid", shell, script, Folder, data, "pid", "second");
        await Eventually.HoldsAsync(() => Guard("second") is not null, "the guards run");
        return pod;
    }

    private Process Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments);
        info.Environment["PATH"] = $"{_folder}/programs:/usr/bin:/bin";
        var process = Process.Start(info)!;
        _processes.Add(process);
        return process;
    }

    private void SetLeap(int seconds) => File.WriteAllText(Path.Combine(_folder, "leap"), seconds.ToString(CultureInfo.InvariantCulture) + "\n");

    /// <summary>Feeds a deadline, and by how much the wall clock has leapt as far as the daemon knows.</summary>
    private void Feed(TimeSpan deadlineIn, int leapSeconds)
    {
        var uptime = (long)(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) * 100);
        var lead = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 10) + (leapSeconds * 100L) - uptime;
        var deadline = uptime + (long)(deadlineIn.TotalSeconds * 100);
        var path = Path.Combine(Folder, "feed");
        File.WriteAllText(path + ".new", string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N} {deadline} {lead} {System.Environment.ProcessId}\n{deadline} 1000 uid - {Records}\n"));
        File.Move(path + ".new", path, overwrite: true);
    }

    private ProcessIdentity? Guard(string which) => ProcessIdentity.Read(Path.Combine(Folder, which)) is { IsAlive: true } guard ? guard : null;
}
