using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>Visits everything in a volume, and nothing that links or mounts lead to, even if a container changes it meanwhile.</summary>
internal static class VolumeWalk
{
    /// <summary>Visits the content of a volume and then the volume itself, by handles that only name what they are of.</summary>
    /// <param name="volume">The path of the volume: a folder or a file.</param>
    /// <param name="visit">Called with the handle and the state of each.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Visit(string volume, Action<SafeFileHandle, FileState> visit, CancellationToken cancellationToken)
    {
        using var root = FileCalls.Open(volume, FileCalls.PathOnly);
        if (root.IsInvalid)
            throw Failure(volume);
        var state = FileCalls.StateOf(root);
        if (state.Kind == FileKind.Directory)
        {
            var mount = FileCalls.MountOf(root);
            FolderWalk.Visit(root, (directory, name) => VisitEntry(directory, name, mount, visit), cancellationToken);
        }

        visit(root, state);
    }

    /// <returns>Whether it is a folder of the volume.</returns>
    private static bool VisitEntry(SafeFileHandle directory, byte[] name, int mount, Action<SafeFileHandle, FileState> visit)
    {
        using var entry = FileCalls.Open(directory, name, FileCalls.PathOnly | FileCalls.NoLink);
        if (entry.IsInvalid)
            return Marshal.GetLastPInvokeError() is Errno.NotFound ? false : throw Failure(Encoding.UTF8.GetString(name.AsSpan().TrimEnd((byte)0)));
        if (FileCalls.MountOf(entry) != mount)
            return false;
        var state = FileCalls.StateOf(entry);
        visit(entry, state);
        return state.Kind == FileKind.Directory;
    }

    private static IOException Failure(string path) => new($"open {path}: {Marshal.GetLastPInvokeErrorMessage()}");
}
