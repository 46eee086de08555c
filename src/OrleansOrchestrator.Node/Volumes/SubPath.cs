using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>A path inside a volume, opened so that no link can lead out of the volume, even if another process changes the volume at
/// the same time.</summary>
/// <remarks>
/// The kernel resolves the path (openat2, since Linux 5.6): it follows links inside the volume, and refuses everything that leaves it.
/// An open descriptor does not change; the engine would resolve a name once more, and it could lead elsewhere by then.
/// </remarks>
internal sealed partial class SubPath : IDisposable
{
    private const UnixFileMode HandedOn = (UnixFileMode)0b010_111_111_111; // 02777

    private readonly SafeFileHandle _handle;

    private SubPath(SafeFileHandle handle) => _handle = handle;

    /// <summary>Its present path without links.</summary>
    public string CurrentPath => FileCalls.ResolvedPathOf(_handle);

    /// <summary>Opens a path of a volume, and creates missing folders.</summary>
    /// <param name="volume">The volume's folder.</param>
    /// <param name="path">The path in it.</param>
    /// <param name="isReadOnly">Whether the volume is shared with others and nothing is created in it.</param>
    /// <exception cref="ConfigurationException">The path leaves the volume, or is missing where nothing is created.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static SubPath Open(string volume, string path, bool isReadOnly = false)
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
                var next = OpenBeneath(root, walked)
                    ?? (isReadOnly ? throw new ConfigurationException($"subPath \"{walked}\" is not in the volume") : MakeAndOpen(root, parent ?? root, walked, name));
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
    /// Mounts it at a place that only the daemon can change, for an engine that takes a path; returns that place. A daemon that is not
    /// root cannot mount: there it is the path without links.
    /// </summary>
    /// <exception cref="IOException">The system refused: by its path, somebody else could exchange it before the engine uses it.</exception>
    public string MountAt(string place)
    {
        Mounts.Unmount(place);
        FolderTree.Remove(place);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (Directory.Exists(FileCalls.PathTo(_handle)))
            Directory.CreateDirectory(place);
        else
            File.WriteAllBytes(place, []);
        if (Mounts.TryBind(_handle, place))
            return place;
        var why = Marshal.GetLastPInvokeErrorMessage();
        return System.Environment.IsPrivilegedProcess ? throw new IOException($"mount {CurrentPath}: {why}") : CurrentPath;
    }

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle MakeAndOpen(SafeFileHandle root, SafeFileHandle parent, string walked, string name)
    {
        // Another process may have created it; if it is a link, opening it shows where it leads.
        if (MakeDirectory((int)parent.DangerousGetHandle(), name, (uint)ModeOf(root)) == 0)
            Share(root, parent, walked, name);
        else if (Marshal.GetLastPInvokeError() != Errno.Exists)
            throw new IOException($"mkdir {walked}: {Marshal.GetLastPInvokeErrorMessage()}");
        return OpenBeneath(root, walked) ?? throw new ConfigurationException($"subPath \"{walked}\" does not lead to a file or folder of its volume");
    }

    /// <summary>Gives a new folder the permissions of its volume's root, so that whoever may write there may write here.</summary>
    private static void Share(SafeFileHandle root, SafeFileHandle parent, string walked, string name)
    {
        using var made = FileCalls.Open(parent, FileCalls.Encode(name), FileCalls.PathOnly | FileCalls.NoLink | FileCalls.OnlyDirectory);
        if (made.IsInvalid)
            throw new IOException($"open {walked}: {Marshal.GetLastPInvokeErrorMessage()}");
        File.SetUnixFileMode(FileCalls.PathTo(made), ModeOf(root));
    }

    private static UnixFileMode ModeOf(SafeFileHandle root) => FileCalls.StateOf(root).Mode & HandedOn;

    private static SafeFileHandle? OpenBeneath(SafeFileHandle root, string path)
    {
        var handle = FileCalls.OpenBeneath(root, path, FileCalls.PathOnly);
        if (!handle.IsInvalid)
            return handle;
        return Marshal.GetLastPInvokeError() == Errno.NotFound
            ? null
            : throw new ConfigurationException($"subPath \"{path}\" cannot be resolved within its volume: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeDirectory(int directory, string name, uint mode);
}
