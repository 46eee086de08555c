using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>The mounts of the daemon's machine.</summary>
internal static partial class Mounts
{
    private const ulong Bind = 4096;
    private const int DetachWithoutLinks = 2 | 8;

    /// <summary>Makes an open file or directory appear at a path as well.</summary>
    /// <returns>False if the daemon may not mount.</returns>
    public static bool TryBind(SafeFileHandle source, string place) => Mount(FileCalls.PathTo(source), place, null, Bind, null) == 0;

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
