using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>Removes a folder with everything in it, and nothing else, even if somebody changes it at the same time.</summary>
/// <remarks>
/// A name may lead elsewhere from one moment to the next, but an open directory stays the one that it is. So each step is about one
/// entry of an open directory, and nothing is opened through a link or on another mount. Names are bytes, because they need not be
/// text. A folder that is not empty is moved to the top before it is emptied, so that whoever made a very deep tree exhausts neither
/// the stack nor the open files.
/// </remarks>
internal static partial class FolderTree
{
    // Whoever still writes there is about to end, and a mount ends with some delay. What lasts longer than this is a fault to tell of.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    // How often the removal is retried within Patience.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int RemovesDirectory = 0x200;

    /// <summary>Removes a folder in which somebody may write a little longer, unless it is gone already.</summary>
    /// <param name="folder">Its path. Only the daemon can change the folder that it is in.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the removal, which leaves a part.</param>
    /// <exception cref="IOException">The system refused, the folder still gets new files, or something is mounted in it.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder in it is another user's.</exception>
    public static async Task RemoveAsync(string folder, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        long? refused = null;
        while (true)
        {
            try
            {
                await FileWork.Changes.RunAsync(() => Remove(folder, cancellationToken), cancellationToken);
                return;
            }
            catch (IOException) when (refused is null || timeProvider.GetElapsedTime(refused.Value) < Patience)
            {
                refused ??= timeProvider.GetTimestamp();
                await Task.Delay(Interval, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>Removes a folder, file or link, unless it is gone already.</summary>
    /// <inheritdoc cref="RemoveAsync"/>
    public static void Remove(string folder, CancellationToken cancellationToken = default)
    {
        var (parent, name) = (Path.GetDirectoryName(folder)!, FileCalls.Encode(Path.GetFileName(folder)));
        using var above = FileCalls.Open(parent, FileCalls.OnlyDirectory);
        if (above.IsInvalid)
        {
            if (Marshal.GetLastPInvokeError() == Errno.NotFound)
                return;
            throw Failure("open", FileCalls.Encode(parent));
        }

        var removal = new Removal(FileCalls.MountOf(above), cancellationToken);
        using (var top = removal.OpenDirectory(above, name))
        {
            if (top is not null)
                removal.EmptyAll(top);
        }

        if (!TryRemove(above, name))
            throw Failure("rmdir", name);
    }

    /// <returns>False if it is a directory that is not empty.</returns>
    private static bool TryRemove(SafeFileHandle parent, byte[] name)
    {
        if (Unlink(parent, name, 0) == 0)
            return true;
        if (Marshal.GetLastPInvokeError() == Errno.IsADirectory && Unlink(parent, name, RemovesDirectory) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Errno.NotFound => true,
            Errno.NotEmpty or Errno.Exists => false,
            _ => throw Failure("unlink", name),
        };
    }

    private static Exception Failure(string call, ReadOnlySpan<byte> name)
    {
        var error = Marshal.GetLastPInvokeError();
        var text = $"{call} {Encoding.UTF8.GetString(name.TrimEnd((byte)0))}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error is Errno.AccessDenied or Errno.NotPermitted ? new UnauthorizedAccessException(text) : new IOException(text);
    }

    /// <summary>The removal of one tree.</summary>
    private sealed class Removal(int mount, CancellationToken cancellationToken)
    {
        private readonly byte[] _buffer = FolderEntries.NewBuffer();

        // What is moved to the top is numbered, so that it needs no memory.
        private readonly string _prefix = $".removed-{Guid.NewGuid():N}-";
        private long _moved;

        public void EmptyAll(SafeFileHandle top)
        {
            Empty(top, top);
            for (var next = 0L; next < _moved; next++)
            {
                var name = NameOf(next);
                using (var directory = OpenDirectory(top, name))
                {
                    if (directory is not null)
                        Empty(directory, top);
                }

                if (!TryRemove(top, name))
                    throw Failure("rmdir", name);
            }
        }

        private byte[] NameOf(long number) => FileCalls.Encode(string.Create(CultureInfo.InvariantCulture, $"{_prefix}{number}"));

        /// <returns>Null if it is no directory, or gone.</returns>
        public SafeFileHandle? OpenDirectory(SafeFileHandle parent, byte[] name)
        {
            TakeOver(parent, name);
            return Open(parent, name, FileCalls.OnlyDirectory);
        }

        /// <summary>Removes the entries of a directory, and moves those that are not empty to the top.</summary>
        private void Empty(SafeFileHandle directory, SafeFileHandle top)
        {
            var own = Encoding.UTF8.GetBytes(_prefix);
            bool any;
            do
            {
                any = false;
                foreach (var (name, _) in FolderEntries.ReadPiece(directory, _buffer))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    any = true;
                    // A directory that is being read may tell of what was moved into it meanwhile.
                    if (name is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0] || name.AsSpan().StartsWith(own) || TryRemove(directory, name))
                        continue;
                    TakeOver(directory, name);
                    if (Rename(directory, name, top, NameOf(_moved)) == 0)
                        _moved++;
                    else if (Marshal.GetLastPInvokeError() != Errno.NotFound)
                        throw Failure("rename", name);
                }
            }
            while (any);
        }

        /// <summary>Gives the daemon the right to change a directory, if it is not root but the directory is its own.</summary>
        private void TakeOver(SafeFileHandle parent, byte[] name)
        {
            if (System.Environment.IsPrivilegedProcess)
                return;
            using var named = Open(parent, name, FileCalls.OnlyDirectory | FileCalls.PathOnly);
            if (named is null)
                return;
            try
            {
                File.SetUnixFileMode(FileCalls.PathTo(named), OwnerOnly);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // It is another user's; what follows tells whether that matters.
            }
        }

        private SafeFileHandle? Open(SafeFileHandle parent, byte[] name, int flags)
        {
            var handle = FileCalls.Open(parent, name, flags | FileCalls.NoLink);
            if (handle.IsInvalid)
                return Marshal.GetLastPInvokeError() is Errno.NotFound or Errno.NotADirectory or Errno.TooManyLinks ? null : throw Failure("open", name);
            if (FileCalls.MountOf(handle) == mount)
                return handle;
            handle.Dispose();
            throw new IOException($"something is mounted at {Encoding.UTF8.GetString(name.AsSpan(..^1))}");
        }
    }

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unlink(SafeFileHandle directory, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(SafeFileHandle directory, byte[] name, SafeFileHandle target, byte[] newName);
}
