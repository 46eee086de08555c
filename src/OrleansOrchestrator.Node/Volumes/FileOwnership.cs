using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Changes the group of files; without the right to do so they keep theirs.</summary>
internal static partial class FileOwnership
{
    public static void SetGroup(string path, long group) => _ = ChangeOwner(path, uint.MaxValue, checked((uint)group));

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
