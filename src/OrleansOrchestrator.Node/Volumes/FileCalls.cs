using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>System calls that .NET does not offer.</summary>
internal static partial class FileCalls
{
    /// <summary>The flag of <see cref="Open(string, int)"/> for a handle that only names a file.</summary>
    public const int PathOnly = 0x20_0000;

    private const int OpenAt2 = 437;
    private const int CloseOnExec = 0x8_0000;

    /// <summary>Opens a path. The handle is invalid if the system refused.</summary>
    public static SafeFileHandle Open(string path, int flags) => new(OpenFile(path, flags | CloseOnExec), ownsHandle: true);

    /// <summary>Opens a path from a directory, with limits to what its names may lead to (openat2, since Linux 5.6). The handle is
    /// invalid if the system refused.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">The path, which ends with a zero.</param>
    /// <param name="flags">The flags, as for <see cref="Open(string, int)"/>.</param>
    /// <param name="resolve">The limits.</param>
    public static SafeFileHandle Open(SafeFileHandle directory, byte[] path, int flags, ulong resolve)
    {
        var how = new OpenHow { Flags = (ulong)(flags | CloseOnExec), Resolve = resolve };
        return new(SystemCall(OpenAt2, directory, path, ref how, Marshal.SizeOf<OpenHow>()), ownsHandle: true);
    }

    /// <summary>Changes the group of a file; without the right to do so it keeps its own.</summary>
    public static void SetGroup(string path, long group) => _ = ChangeOwner(path, uint.MaxValue, checked((uint)group));

    /// <summary>Replaces one name by another atomically, also for links to directories.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Replace(string source, string target)
    {
        if (Rename(source, target) != 0)
            throw new IOException($"rename {source} to {target}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, SafeFileHandle directory, byte[] path, ref OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string source, string target);
}
