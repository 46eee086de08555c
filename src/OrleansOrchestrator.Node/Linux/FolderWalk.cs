using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>
/// Visits everything below a folder, by open directories: nothing that links or mounts lead to, even if a container changes the tree
/// meanwhile, and whatever the names, however long the paths. Memory and open files depend on neither the number of entries nor the
/// depth.
/// </summary>
/// <remarks>
/// A directory is read piece by piece; the folders of a piece are visited before the next one is read. The upper directories stay open.
/// Of those below only the name and the position are kept: they are opened again by <c>..</c> of a folder in them, and read on if they
/// are still the same.
/// </remarks>
internal sealed class FolderWalk
{
    /// <summary>How many levels are visited. What is deeper is not: each level costs its maker as much as a file.</summary>
    public const int DepthMax = 20_000;

    private const int OpenMax = 64;

    private readonly List<Level> _levels = [];
    private readonly byte[] _large = FolderEntries.NewBuffer();
    private readonly byte[] _small = new byte[1024];
    private readonly int _mount;

    private readonly Func<int, bool> _skips;

    private FolderWalk(SafeFileHandle top, Func<int, bool> skips) => (_mount, _skips) = (FileCalls.MountOf(top), skips);

    /// <summary>Visits the entries.</summary>
    /// <param name="top">The folder; a handle that only names it will do.</param>
    /// <param name="visit">Called with an open directory and the name of an entry of it, which ends with a zero. Tells whether the entry
    /// is a directory to go into.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <param name="skips">The errors of the system (<see cref="Errno"/>) for which a folder that cannot be opened is left out; null for none.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Visit(SafeFileHandle top, Func<SafeFileHandle, byte[], bool> visit, CancellationToken cancellationToken, Func<int, bool>? skips = null)
    {
        var walk = new FolderWalk(top, skips ?? (static _ => false));
        try
        {
            if (walk.Open(top, FileCalls.Encode("."), 0) is { } opened)
                walk.Enter(opened);
            while (walk._levels is [.., var level])
            {
                cancellationToken.ThrowIfCancellationRequested();
                walk.Continue(level, visit);
            }
        }
        finally
        {
            foreach (var level in walk._levels)
                level.Directory?.Dispose();
        }
    }

    private void Continue(Level level, Func<SafeFileHandle, byte[], bool> visit)
    {
        if (level.Folders.TryDequeue(out var folder))
        {
            if (_levels.Count < DepthMax && Open(level.Directory!, folder, FileCalls.NoLink) is { } opened)
                Enter(opened);
        }
        else if (!Read(level, visit))
        {
            Leave(level);
        }
    }

    /// <summary>Reads a piece of a directory.</summary>
    /// <returns>False at its end.</returns>
    private bool Read(Level level, Func<SafeFileHandle, byte[], bool> visit)
    {
        var buffer = _levels.Count <= OpenMax ? _large : _small;
        var any = false;
        foreach (var (name, next) in FolderEntries.ReadPiece(level.Directory!, buffer))
        {
            (any, level.Position) = (true, next);
            if (name is not ([(byte)'.', 0] or [(byte)'.', (byte)'.', 0]) && visit(level.Directory!, name))
                level.Folders.Enqueue(name);
        }

        return any;
    }

    private void Enter(SafeFileHandle directory)
    {
        if (FileCalls.MountOf(directory) != _mount)
        {
            directory.Dispose();
            return;
        }

        if (_levels.Count > OpenMax)
        {
            _levels[^1].Directory!.Dispose();
            _levels[^1].Directory = null;
        }

        _levels.Add(new Level(directory, FileCalls.StateOf(directory).Id));
    }

    /// <summary>Goes back to the folder above. If that has been moved meanwhile, the ones in between are given up.</summary>
    private void Leave(Level level)
    {
        _levels.RemoveAt(_levels.Count - 1);
        if (_levels is [.., { Directory: null } above])
            above.Directory = Open(level.Directory!, FileCalls.Encode(".."), 0);
        level.Directory!.Dispose();
        if (_levels is not [.., var present] || _levels.Count <= OpenMax)
            return;
        if (present.Directory is not null && FileCalls.StateOf(present.Directory).Id == present.Id && FolderEntries.Seek(present.Directory, present.Position))
            return;
        present.Directory?.Dispose();
        _levels.RemoveRange(OpenMax, _levels.Count - OpenMax);
    }

    /// <returns>Null if it is gone, or something else by now.</returns>
    private SafeFileHandle? Open(SafeFileHandle directory, byte[] name, int flags)
    {
        var handle = FileCalls.Open(directory, name, flags | FileCalls.OnlyDirectory);
        if (!handle.IsInvalid)
            return handle;
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error is Errno.NotFound or Errno.NotADirectory or Errno.TooManyLinks || _skips(error)
            ? null
            : throw new IOException($"open {Encoding.UTF8.GetString(name.AsSpan().TrimEnd((byte)0))}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private sealed class Level(SafeFileHandle directory, FileId id)
    {
        public SafeFileHandle? Directory { get; set; } = directory;

        public FileId Id { get; } = id;

        /// <summary>Where the next piece begins.</summary>
        public long Position { get; set; }

        /// <summary>The folders of the last piece that are still to be visited.</summary>
        public Queue<byte[]> Folders { get; } = [];
    }
}
