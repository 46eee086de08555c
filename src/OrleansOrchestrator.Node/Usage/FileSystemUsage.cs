using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>What is used of a file system.</summary>
/// <param name="Id">Distinguishes file systems of this machine.</param>
/// <param name="CapacityBytes">Its size.</param>
/// <param name="AvailableBytes">The bytes that are left for users without privileges.</param>
/// <param name="UsedBytes">The bytes that are in use.</param>
/// <param name="Inodes">The number of its inodes; 0 if it has no fixed number.</param>
/// <param name="InodesFree">The number of inodes that are left.</param>
internal sealed partial record FileSystemUsage(ulong Id, long CapacityBytes, long AvailableBytes, long UsedBytes, long Inodes, long InodesFree)
{
    /// <summary>The usage of the file system of a folder; null if it cannot be read.</summary>
    public static FileSystemUsage? Of(string path)
    {
        if (!Environment.Is64BitProcess || ReadFileSystem(path, out var read) != 0 || read.Blocks == 0)
            return null;
        var unit = (long)read.FragmentSize;
        return new FileSystemUsage(
            read.Id, (long)read.Blocks * unit, (long)read.BlocksAvailable * unit, (long)(read.Blocks - read.BlocksFree) * unit, (long)read.Files, (long)read.FilesFree);
    }

    // struct statvfs of the C libraries of 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private struct StatVfs
    {
        public ulong BlockSize;
        public ulong FragmentSize;
        public ulong Blocks;
        public ulong BlocksFree;
        public ulong BlocksAvailable;
        public ulong Files;
        public ulong FilesFree;
        public ulong FilesAvailable;
        public ulong Id;
        public ulong Flags;
        public ulong NameLengthMax;
        public ulong SpareFirst;
        public ulong SpareSecond;
        public ulong SpareThird;
    }

    [LibraryImport("libc", EntryPoint = "statvfs", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReadFileSystem(string path, out StatVfs usage);
}
