using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>System calls about files that .NET does not offer. A handle is invalid if the system refused to open it.</summary>
internal static partial class FileCalls
{
    /// <summary>The flag for a handle that only names a file.</summary>
    public const int PathOnly = 0x20_0000;

    private const int OpenAt2 = 437;
    private const int CloseOnExec = 0x8_0000;
    private const ulong NoMagicLinks = 0x02;
    private const ulong Beneath = 0x08;

    // statx(2): the size of its answer, where the mode is in it, and what is asked for.
    private const int StatBytes = 256;
    private const int ModeAt = 28;
    private const uint WantsKind = 1;
    private const int NamesAt = 16;
    private const int GroupAt = 24;
    private const int InodeAt = 32;
    private const int BlocksAt = 48;
    private const int DeviceAt = 136;
    private const int MountAt = 144;
    private const uint WantsBasics = 0x7ff;
    private const uint WantsMount = 0x1000;
    // The kernel counts blocks in this unit on every file system (stat(2)).
    private const int BlockBytes = 512;
    private const int WithoutFollowing = 0x100;
    private const int EmptyPath = 0x1000;
    private const int PermissionBits = 0xfff;
    private const int WorkingDirectory = -100;
    private const uint ExchangeNames = 2;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static readonly nint GetStat = IsArm ? 291 : 332;

    /// <summary>The flag that refuses whatever is no directory.</summary>
    public static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x1_0000;

    /// <summary>The flag that refuses a link.</summary>
    public static readonly int NoLink = IsArm ? 0x8000 : 0x2_0000;

    /// <summary>A name or path as the system takes it, which ends with a zero.</summary>
    public static byte[] Encode(string path) => Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>Opens a path.</summary>
    public static SafeFileHandle Open(string path, int flags) => new(OpenFile(path, flags | CloseOnExec), ownsHandle: true);

    /// <summary>Opens an entry of an open directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The entry's name, which ends with a zero.</param>
    /// <param name="flags">The flags.</param>
    public static SafeFileHandle Open(SafeFileHandle directory, byte[] name, int flags) => new(OpenAt(directory, name, flags | CloseOnExec), ownsHandle: true);

    /// <summary>Opens a path below an open directory, which no link in it can leave (openat2, since Linux 5.6).</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">The flags.</param>
    public static SafeFileHandle OpenBeneath(SafeFileHandle directory, string path, int flags)
    {
        var how = new OpenHow { Flags = (ulong)(flags | CloseOnExec), Resolve = Beneath | NoMagicLinks };
        return new(SystemCall(OpenAt2, directory, Encode(path), ref how, Marshal.SizeOf<OpenHow>()), ownsHandle: true);
    }

    /// <summary>A path that leads to an open file, whatever its name leads to by now.</summary>
    public static string PathTo(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    /// <summary>The present path of an open file, without links.</summary>
    public static string ResolvedPathOf(SafeFileHandle handle) => new FileInfo(PathTo(handle)).LinkTarget ?? "";

    /// <summary>A path without links, as far as it leads anywhere.</summary>
    public static string ResolvedPathOf(string path)
    {
        using var handle = Open(path, PathOnly);
        return handle.IsInvalid ? Path.GetFullPath(path) : ResolvedPathOf(handle);
    }

    /// <summary>What is at a path, or at the end of its links. Nothing is opened.</summary>
    public static FileKind KindOf(string path)
    {
        Span<byte> facts = stackalloc byte[StatBytes];
        return Stat(GetStat, WorkingDirectory, Encode(path), 0, WantsKind, facts) == 0
            ? (FileKind)(BitConverter.ToUInt16(facts[ModeAt..]) >> 12)
            : FileKind.Missing;
    }

    /// <summary>What an open file is, and whose.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static FileState StateOf(SafeFileHandle handle)
    {
        Span<byte> facts = stackalloc byte[StatBytes];
        if (Stat(GetStat, handle.DangerousGetHandle(), Encode(""), EmptyPath, WantsBasics | WantsMount, facts) != 0)
            throw new IOException("statx refused an open file");
        return StateIn(facts);
    }

    /// <summary>What an entry of an open directory is; null if it is gone. Links are not followed.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The entry's name, which ends with a zero.</param>
    public static FileState? StateOf(SafeFileHandle directory, byte[] name)
    {
        Span<byte> facts = stackalloc byte[StatBytes];
        return Stat(GetStat, directory.DangerousGetHandle(), name, WithoutFollowing, WantsBasics | WantsMount, facts) == 0 ? StateIn(facts) : null;
    }

    private static FileState StateIn(ReadOnlySpan<byte> facts)
    {
        var mode = BitConverter.ToUInt16(facts[ModeAt..]);
        return new FileState(
            (FileKind)(mode >> 12), (UnixFileMode)(mode & PermissionBits), BitConverter.ToUInt32(facts[GroupAt..]),
            new FileId(BitConverter.ToUInt64(facts[DeviceAt..]), BitConverter.ToUInt64(facts[InodeAt..])), BitConverter.ToUInt32(facts[NamesAt..]),
            BitConverter.ToInt64(facts[BlocksAt..]) * BlockBytes, (BitConverter.ToUInt32(facts) & WantsMount) != 0 ? BitConverter.ToInt64(facts[MountAt..]) : null);
    }

    /// <summary>The kernel's number of the mount that an open file is on.</summary>
    public static int MountOf(SafeFileHandle handle)
    {
        if (StateOf(handle).Mount is { } told)
            return (int)told;
        const string field = "mnt_id:";
        var line = File.ReadLines($"/proc/self/fdinfo/{handle.DangerousGetHandle()}").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return int.Parse(line.AsSpan(field.Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }

    /// <summary>Changes the group of a file; without the right to do so it keeps its own.</summary>
    public static void SetGroup(string path, long group) => _ = ChangeOwner(path, uint.MaxValue, checked((uint)group));

    /// <summary>Changes the owner of a file, and its group if one is given; without the right to do so it keeps its own.</summary>
    public static void SetOwner(string path, long owner, long? group) =>
        _ = ChangeOwner(path, checked((uint)owner), group is { } id ? checked((uint)id) : uint.MaxValue);

    /// <summary>Changes the group of an open file.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void SetGroup(SafeFileHandle handle, long group)
    {
        if (ChangeOwnerOf(handle, "", uint.MaxValue, checked((uint)group), EmptyPath) != 0)
            throw new IOException($"chown: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Replaces one name by another atomically, also for links to directories.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Replace(string source, string target)
    {
        if (Rename(source, target) != 0)
            throw new IOException($"rename {source} to {target}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Lets two files exchange their names atomically. On a file system that cannot do that, the second one goes.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Exchange(string source, string target)
    {
        if (RenameAt(WorkingDirectory, source, WorkingDirectory, target, ExchangeNames) != 0)
            Replace(source, target);
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

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenAt(SafeFileHandle directory, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, SafeFileHandle directory, byte[] path, ref OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Stat(nint number, nint directory, byte[] path, nint flags, nuint mask, Span<byte> facts);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwnerOf(SafeFileHandle directory, string path, uint owner, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt(int fromDirectory, string source, int toDirectory, string target, uint flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string source, string target);
}
