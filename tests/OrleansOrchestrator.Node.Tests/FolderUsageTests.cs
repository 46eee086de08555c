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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private StorageUsage Of(Func<string, bool>? isMeasured) => FolderUsage.Of(_folder, isMeasured, TestContext.Current.CancellationToken);
}
