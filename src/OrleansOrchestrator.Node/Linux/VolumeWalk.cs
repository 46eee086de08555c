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
            throw Failure("open", volume);
        var state = FileCalls.StateOf(root);
        if (state.Kind == FileKind.Directory)
            VisitBelow(root, FileCalls.MountOf(root), visit, cancellationToken);
        visit(root, state);
    }

    private static void VisitBelow(SafeFileHandle root, int mount, Action<SafeFileHandle, FileState> visit, CancellationToken cancellationToken)
    {
        var buffer = FolderEntries.NewBuffer();
        var left = new Stack<byte[][]>();
        left.Push([]);
        while (left.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var directory = OpenFolder(root, folder, mount);
            if (directory is null)
                continue;
            foreach (var name in FolderEntries.Read(directory, buffer))
            {
                using var entry = Open(directory, name, FileCalls.PathOnly | FileCalls.NoLink);
                if (entry is null || FileCalls.MountOf(entry) != mount)
                    continue;
                var state = FileCalls.StateOf(entry);
                visit(entry, state);
                if (state.Kind == FileKind.Directory)
                    left.Push([.. folder, name]);
            }
        }
    }

    /// <summary>Opens a folder step by step, so that no link is followed. Null if it is gone, or leads elsewhere by now.</summary>
    private static SafeFileHandle? OpenFolder(SafeFileHandle root, byte[][] names, int mount)
    {
        var present = Open(root, FileCalls.Encode("."), FileCalls.OnlyDirectory);
        foreach (var name in names)
        {
            if (present is null)
                return null;
            var next = Open(present, name, FileCalls.OnlyDirectory | FileCalls.NoLink);
            present.Dispose();
            present = next;
        }

        if (present is not null && FileCalls.MountOf(present) != mount)
        {
            present.Dispose();
            return null;
        }

        return present;
    }

    /// <returns>Null if it is gone, or something else by now.</returns>
    private static SafeFileHandle? Open(SafeFileHandle directory, byte[] name, int flags)
    {
        var handle = FileCalls.Open(directory, name, flags);
        if (!handle.IsInvalid)
            return handle;
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error is Errno.NotFound or Errno.NotADirectory or Errno.TooManyLinks
            ? null
            : throw new IOException($"open {Encoding.UTF8.GetString(name.AsSpan().TrimEnd((byte)0))}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static IOException Failure(string call, string path) => new($"{call} {path}: {Marshal.GetLastPInvokeErrorMessage()}");
}
