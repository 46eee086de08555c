using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>System calls that .NET does not offer.</summary>
internal static partial class FileCalls
{
    /// <summary>Changes the group of a file; without the right to do so it keeps its own.</summary>
    public static void SetGroup(string path, long group) => _ = ChangeOwner(path, uint.MaxValue, checked((uint)group));

    /// <summary>Replaces one name by another atomically, also for links to directories.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Replace(string source, string target)
    {
        if (Rename(source, target) != 0)
            throw new IOException($"rename {source} to {target}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string source, string target);
}
