using System.IO.Enumeration;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Measures what a folder with everything in it takes on its disk. Follows no links, and skips what somebody removes at the
/// same time or hides behind a path that is too long.</summary>
internal static partial class FolderUsage
{
    // The kernel counts blocks in this unit on every file system (stat(2)).
    private const int BlockBytes = 512;
    private const int CurrentDirectory = -100;
    private const int WithoutFollowing = 0x100;
    private const uint Blocks = 0x400;
    // The layout of struct statx, the same on every architecture.
    private const int StatxBytes = 256;
    private const int BlocksAt = 48;

    /// <summary>The usage of a folder; nothing if there is none.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="isMeasured">Which entries directly in the folder count; null for all.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public static StorageUsage Of(string path, Func<string, bool>? isMeasured, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
            return default;
        var sum = isMeasured is null ? new StorageUsage(BytesOf(path), 1) : default;
        using var entries = new Entries(path, isMeasured);
        while (entries.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += new StorageUsage(BytesOf(entries.Current), 1);
        }

        return sum;
    }

    private static long BytesOf(string path)
    {
        Span<byte> buffer = stackalloc byte[StatxBytes];
        return Statx(CurrentDirectory, path, WithoutFollowing, Blocks, buffer) == 0 ? MemoryMarshal.Read<long>(buffer[BlocksAt..]) * BlockBytes : 0;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    private sealed class Entries(string path, Func<string, bool>? isMeasured)
        : FileSystemEnumerator<string>(path, new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 })
    {
        protected override bool ShouldRecurseIntoEntry(ref FileSystemEntry entry) =>
            !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && ShouldIncludeEntry(ref entry);

        protected override bool ShouldIncludeEntry(ref FileSystemEntry entry) =>
            isMeasured is null || !entry.Directory.SequenceEqual(entry.RootDirectory) || isMeasured(entry.FileName.ToString());

        protected override string TransformEntry(ref FileSystemEntry entry) => entry.ToFullPath();

        protected override bool ContinueOnError(int error) => true;
    }
}
