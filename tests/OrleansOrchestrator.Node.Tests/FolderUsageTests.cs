using System.Diagnostics;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Tests;

public sealed class FolderUsageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("folder-usage-").FullName;

    [Fact]
    public void Of_AFolder_CountsWhatIsAllocatedAndFollowsNoLinks()
    {
        var inner = Directory.CreateDirectory(Path.Combine(_folder, "a", "b")).FullName;
        File.WriteAllBytes(Path.Combine(inner, "file"), new byte[1 << 20]);
        using (var sparse = File.Create(Path.Combine(inner, "sparse")))
            sparse.SetLength(1L << 30);
        File.CreateSymbolicLink(Path.Combine(inner, "link"), "/usr");

        var usage = Of(null);

        usage.Bytes.ShouldBeInRange(1 << 20, 2 << 20);
        usage.Inodes.ShouldBe(6);
    }

    [Fact]
    public void Of_SomeEntries_CountsOnlyThese()
    {
        File.WriteAllBytes(Path.Combine(_folder, "log"), new byte[1 << 16]);
        File.WriteAllBytes(Path.Combine(_folder, "other"), new byte[1 << 20]);

        var usage = Of(name => name.StartsWith("log", StringComparison.Ordinal));

        usage.Bytes.ShouldBeInRange(1 << 16, 1 << 18);
        usage.Inodes.ShouldBe(1);
    }

    /// <summary>A container goes down by steps, and nothing that it writes there is too deep to count.</summary>
    [Theory]
    [InlineData(30, 200)]
    [InlineData(600, 10)]
    public void Of_AFolderBelowAPathThatIsTooLong_CountsAll(int depth, int length)
    {
        var name = new string('d', length);
        Shell($"i=0; while [ $i -lt {depth} ]; do mkdir {name} && cd -P {name} || exit; [ $i != 70 ] || mkdir beside; i=$((i+1)); done; head -c 1048576 /dev/zero >file");

        var usage = Of(null);

        usage.Bytes.ShouldBeGreaterThanOrEqualTo(1 << 20);
        usage.Inodes.ShouldBe(depth + 2 + (depth > 70 ? 1 : 0));
    }

    [Fact]
    public void Of_FilesWithSeveralNames_CountsEachOnce()
    {
        Shell("head -c 1048576 /dev/zero >file; i=0; while [ $i -lt 50 ]; do ln file name$i; i=$((i+1)); done");

        Of(null).Bytes.ShouldBeInRange(1 << 20, 2 << 20);
    }

    [Fact]
    public void Of_AFolderThatTakesTooLong_IsWhatIsFoundInTime()
    {
        using var over = new CancellationTokenSource();
        over.Cancel();

        FolderUsage.Of(_folder, null, over.Token).Inodes.ShouldBe(1);
    }

    /// <summary>The walk that gives volumes to a group has the same depth.</summary>
    [Fact]
    public void Visit_OfADeepAndWideVolume_VisitsEachEntryOnce()
    {
        Shell("i=0; while [ $i -lt 400 ]; do mkdir d && cd -P d && mkdir a b c && touch e f || exit; i=$((i+1)); done; mkdir $(seq 3000)");
        var seen = 0;

        VolumeWalk.Visit(_folder, (_, _) => seen++, TestContext.Current.CancellationToken);

        seen.ShouldBe(1 + (400 * 6) + 3000);
    }

    [Fact]
    public void Of_NoFolder_IsNothing() => FolderUsage.Of(Path.Combine(_folder, "none"), null, TestContext.Current.CancellationToken).ShouldBe(default);

    [Fact]
    public void FileSystem_OfAFolder_AgreesWithTheRuntime()
    {
        var usage = FileSystemUsage.Of(_folder).ShouldNotBeNull();
        var drive = new DriveInfo(_folder);

        usage.CapacityBytes.ShouldBe(drive.TotalSize);
        ((double)usage.AvailableBytes).ShouldBe(drive.AvailableFreeSpace, 1L << 30);
        usage.InodesFree.ShouldBeLessThanOrEqualTo(usage.Inodes);
        FileSystemUsage.Of(Path.Combine(_folder, "none")).ShouldBeNull();
    }

    public void Dispose() => FolderTree.Remove(_folder);

    private void Shell(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _folder });
        shell!.WaitForExit();
        shell.ExitCode.ShouldBe(0);
    }

    private StorageUsage Of(Func<string, bool>? isMeasured) => FolderUsage.Of(_folder, isMeasured, TestContext.Current.CancellationToken);
}
