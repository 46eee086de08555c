using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>A path inside a volume, opened so that no link can lead out of the volume, even if another process changes the volume at
/// the same time.</summary>
/// <remarks>
/// The kernel resolves the path (openat2, since Linux 5.6): it follows links inside the volume, and refuses everything that leaves it.
/// An open descriptor does not change; the engine would resolve a name once more, and it could lead elsewhere by then.
/// </remarks>
internal sealed partial class SubPath : IDisposable
{
    private const ulong NoMagicLinks = 0x02;
    private const ulong Beneath = 0x08;
    private const int NotFound = 2;
    private const int Exists = 17;
    private const uint DirectoryMode = 0b111_101_101; // 0755
    private const ulong Bind = 4096;
    private const int DetachWithoutLinks = 2 | 8;

    private readonly SafeFileHandle _handle;

    private SubPath(SafeFileHandle handle) => _handle = handle;

    /// <summary>Its present path without links.</summary>
    public string CurrentPath => new FileInfo(Magic).LinkTarget ?? "";

    private string Magic => $"/proc/self/fd/{_handle.DangerousGetHandle()}";

    /// <summary>Opens a path of a volume, and creates missing folders.</summary>
    /// <exception cref="ConfigurationException">The path leaves the volume.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static SubPath Open(string volume, string path)
    {
        if (Path.IsPathRooted(path) || path.Split('/').Contains(".."))
            throw new ConfigurationException($"subPath \"{path}\" leaves its volume");
        using var root = FileCalls.Open(volume, FileCalls.PathOnly);
        if (root.IsInvalid)
            throw new IOException($"open {volume}: {Marshal.GetLastPInvokeErrorMessage()}");
        var walked = "";
        SafeFileHandle? parent = null;
        try
        {
            foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != "."))
            {
                walked = walked.Length == 0 ? name : $"{walked}/{name}";
                var next = OpenBeneath(root, walked) ?? MakeAndOpen(root, parent ?? root, walked, name);
                parent?.Dispose();
                parent = next;
            }

            return new SubPath(parent ?? OpenBeneath(root, ".")!);
        }
        catch
        {
            parent?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Mounts it at a place that only the daemon can change, for an engine that takes a path; returns that place. Without the right to
    /// mount, it is the path without links.
    /// </summary>
    public string MountAt(string place)
    {
        Unmount(place);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (Directory.Exists(Magic))
            Directory.CreateDirectory(place);
        else
            File.WriteAllBytes(place, []);
        return Mount(Magic, place, null, Bind, null) == 0 ? place : CurrentPath;
    }

    /// <summary>Unmounts everything below a folder, so that removing the folder removes nothing else.</summary>
    /// <exception cref="IOException">Something is still mounted there.</exception>
    public static void UnmountBelow(string folder)
    {
        foreach (var place in MountsBelow(folder))
            Unmount(place);
        if (MountsBelow(folder) is [var left, ..])
            throw new IOException($"{left} is still mounted");
    }

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle MakeAndOpen(SafeFileHandle root, SafeFileHandle parent, string walked, string name)
    {
        // Another process may have created it; if it is a link, opening it shows where it leads.
        if (MakeDirectory((int)parent.DangerousGetHandle(), name, DirectoryMode) != 0 && Marshal.GetLastPInvokeError() != Exists)
            throw new IOException($"mkdir {walked}: {Marshal.GetLastPInvokeErrorMessage()}");
        return OpenBeneath(root, walked) ?? throw new ConfigurationException($"subPath \"{walked}\" does not lead to a file or folder of its volume");
    }

    private static SafeFileHandle? OpenBeneath(SafeFileHandle root, string path)
    {
        var handle = FileCalls.Open(root, Encoding.UTF8.GetBytes(path + '\0'), FileCalls.PathOnly, Beneath | NoMagicLinks);
        if (!handle.IsInvalid)
            return handle;
        return Marshal.GetLastPInvokeError() == NotFound
            ? null
            : throw new ConfigurationException($"subPath \"{path}\" cannot be resolved within its volume: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static void Unmount(string place) => _ = UnmountAt(place, DetachWithoutLinks);

    /// <summary>The mounts below a folder, the innermost first.</summary>
    private static string[] MountsBelow(string folder)
    {
        const int placeField = 4;
        var begin = Path.GetFullPath(folder) + "/";
        return
        [
            .. File.ReadLines("/proc/self/mountinfo")
                .Select(line => line.Split(' ')[placeField].Replace("\\040", " ", StringComparison.Ordinal))
                .Where(place => place.StartsWith(begin, StringComparison.Ordinal))
                .OrderByDescending(place => place.Length),
        ];
    }

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeDirectory(int directory, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mount(string source, string target, string? kind, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmountAt(string place, int flags);
}
