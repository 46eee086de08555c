using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>The mounts of the daemon's machine.</summary>
internal static partial class Mounts
{
    // PROC_PID_INIT_INO of the kernel. In a container, process 1 is not the machine's.
    private const string FirstProcesses = "pid:[4026531836]";

    private const ulong ReadOnlyFlag = 1;
    private const ulong Remount = 32;
    private const ulong Bind = 4096;
    private const int DetachWithoutLinks = 2 | 8;

    /// <summary>Makes an open file or directory appear at a path as well.</summary>
    /// <returns>False if the daemon may not mount.</returns>
    public static bool TryBind(SafeFileHandle source, string place) => Mount(FileCalls.PathTo(source), place, null, Bind, null) == 0;

    /// <summary>Mounts a file system in memory at a folder, unless there is one. What is in it never reaches a disk, not even when memory is
    /// short, if the kernel can do that (Linux 6.4).</summary>
    /// <param name="place">The folder.</param>
    /// <param name="bytesMax">The most that it holds.</param>
    /// <param name="mode">The mode of its root.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Memory(string place, long bytesMax, UnixFileMode mode)
    {
        if (!IsMounted(place) && !TryMemory(place, bytesMax, mode))
            throw new IOException($"mount tmpfs at {place}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Mounts a file system in memory at a folder.</summary>
    /// <returns>False if the daemon may not mount.</returns>
    /// <exception cref="IOException">The system refused for another reason.</exception>
    public static bool TryMemory(string place, long bytesMax, UnixFileMode mode)
    {
        var options = string.Create(CultureInfo.InvariantCulture, $"size={bytesMax},mode={Convert.ToString((int)mode, 8)}");
        if (Mount("tmpfs", place, "tmpfs", 0, options + ",noswap") == 0
            || (Marshal.GetLastPInvokeError() == Errno.Invalid && Mount("tmpfs", place, "tmpfs", 0, options) == 0))
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is Errno.NotPermitted or Errno.AccessDenied
            ? false
            : throw new IOException($"mount tmpfs at {place}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Mounts the layers of an image at a folder for reading, unless they are there.</summary>
    /// <param name="place">The folder.</param>
    /// <param name="layers">The folders of the layers, the topmost first.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Layers(string place, IReadOnlyList<string> layers)
    {
        if (IsMounted(place))
            return;
        Directory.CreateDirectory(place);

        // The kernel makes no overlay of one layer.
        var result = layers is [var only]
            ? Mount(only, place, null, Bind, null)
            : Mount("overlay", place, "overlay", ReadOnlyFlag, $"lowerdir={string.Join(':', layers)}");
        if (result != 0)
            throw new IOException($"mount image at {place}: {Marshal.GetLastPInvokeErrorMessage()}");
        MakeReadOnly(place);
    }

    /// <summary>Lets nobody write at a mount, whoever may write to what is mounted there.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void MakeReadOnly(string place)
    {
        if (Mount("none", place, null, ReadOnlyFlag | Remount | Bind, null) == 0)
            return;
        var why = Marshal.GetLastPInvokeErrorMessage();
        Unmount(place);
        throw new IOException($"remount {place} read-only: {why}");
    }

    /// <summary>Whether something is mounted at a path.</summary>
    public static bool IsMounted(string place) =>
        Path.GetDirectoryName(Path.GetFullPath(place)) is { } above && Below(above).Contains(FileCalls.ResolvedPathOf(place), StringComparer.Ordinal);

    /// <summary>Whether a folder is a file system of its own.</summary>
    public static bool IsFileSystem(string folder)
    {
        using var opened = FileCalls.Open(folder, FileCalls.PathOnly);
        using var above = FileCalls.Open(Path.Combine(folder, ".."), FileCalls.PathOnly);
        return !opened.IsInvalid && !above.IsInvalid && FileCalls.StateOf(opened).Id.Device != FileCalls.StateOf(above).Id.Device;
    }

    /// <summary>Whether others on the machine, such as an engine, see what the daemon mounts in a folder.</summary>
    /// <remarks>
    /// A process may have a copy of the machine's mounts (<c>unshare --mount</c>, or <c>PrivateTmp</c> and the like of systemd), in which
    /// mounts of the machine may appear but whose own ones stay within it. The kernel calls such a mount a slave, and one whose mounts
    /// reach others shared: see https://docs.kernel.org/filesystems/sharedsubtree.html.
    /// </remarks>
    public static bool AreShared(string folder)
    {
        using var opened = FileCalls.Open(folder, FileCalls.PathOnly);
        return !opened.IsInvalid
            && (AreShared(File.ReadLines("/proc/self/mountinfo"), FileCalls.ResolvedPathOf(opened)) ?? HasMachinesMounts());
    }

    /// <summary>The same by what the kernel says of the mount that a folder is on.</summary>
    /// <param name="lines">The lines of <c>mountinfo</c>.</param>
    /// <param name="folder">The folder, without links.</param>
    /// <returns>Null if it says nothing: then mounts reach nobody but who has the same list.</returns>
    internal static bool? AreShared(IEnumerable<string> lines, string folder)
    {
        const int placeField = 4;
        const int tagsField = 6;
        var tags = lines
            .Select(line => line.Split(' '))
            .Where(fields => $"{folder}/".StartsWith(Decode(fields[placeField]).TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(fields => Decode(fields[placeField]).Length)?[tagsField..]
            .TakeWhile(tag => tag != "-")
            .ToList() ?? [];
        return tags.Exists(tag => tag.StartsWith("master:", StringComparison.Ordinal)) ? false
            : tags.Exists(tag => tag.StartsWith("shared:", StringComparison.Ordinal)) ? true
            : null;
    }

    /// <summary>Whether the daemon has the same list of mounts as the machine's first process.</summary>
    private static bool HasMachinesMounts() =>
        NamespaceOf("self", "pid") == FirstProcesses && (NamespaceOf("1", "mnt") is not { } machine || machine == NamespaceOf("self", "mnt"));

    private static string? NamespaceOf(string process, string kind)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/{kind}").LinkTarget;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends a mount, if there is one.</summary>
    public static void Unmount(string place) => _ = UnmountAt(place, DetachWithoutLinks);

    /// <summary>Ends all mounts below a folder, so that removing the folder removes nothing else.</summary>
    /// <exception cref="IOException">Something is still mounted there.</exception>
    public static void UnmountBelow(string folder)
    {
        foreach (var place in Below(folder))
            Unmount(place);
        if (Below(folder) is [var left, ..])
            throw new IOException($"{left} is still mounted");
    }

    /// <summary>The mounts below a folder, the innermost first. The kernel names them without links, and so is the folder named here.</summary>
    public static string[] Below(string folder)
    {
        const int placeField = 4;
        using var opened = FileCalls.Open(folder, FileCalls.PathOnly);
        if (opened.IsInvalid)
            return [];
        var begin = FileCalls.ResolvedPathOf(opened).TrimEnd('/') + "/";
        return
        [
            .. File.ReadAllText("/proc/self/mountinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => Decode(line.Split(' ')[placeField]))
                .Where(place => place.StartsWith(begin, StringComparison.Ordinal))
                .OrderByDescending(place => place.Length),
        ];
    }

    /// <summary>A path as the kernel tells it in lists: white space and backslashes are three octal digits.</summary>
    private static string Decode(string path) => Escape().Replace(path, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Escape();

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mount(string source, string target, string? kind, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmountAt(string place, int flags);
}
