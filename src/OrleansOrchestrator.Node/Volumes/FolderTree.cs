using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Removes a folder with everything in it, and nothing else, even if somebody changes it at the same time.</summary>
/// <remarks>
/// A name may lead elsewhere from one moment to the next, but an open directory stays the one that it is. So each step is about one
/// entry of an open directory, and nothing is opened through a link or on another file system. A folder that is not empty is moved to
/// the top before it is emptied, so that whoever made a very deep tree exhausts neither the stack nor the open files.
/// </remarks>
internal static partial class FolderTree
{
    private const int NotFound = 2;
    private const int Exists = 17;
    private const int IsNotDirectory = 20;
    private const int IsADirectory = 21;
    private const int NotEmpty = 39;
    private const int TooManyLinks = 40;
    private const int RemovesDirectory = 0x200;
    private const ulong OnOneFileSystemWithoutLinks = 0x01 | 0x04 | 0x08;
    // The layout of an entry: its length, and its name, which ends with a zero.
    private const int LengthAt = 16;
    private const int NameAt = 19;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x1_0000;
    private static readonly nint GetEntries = IsArm ? 61 : 217;

    /// <summary>Removes a folder, unless it is gone already.</summary>
    /// <param name="parent">The path of the folder that it is in, which only the daemon can change.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="IOException">The system refused, or the folder still gets new files.</exception>
    public static void Remove(string parent, string name)
    {
        using var above = FileCalls.Open(parent, OnlyDirectory);
        if (above.IsInvalid)
        {
            if (Marshal.GetLastPInvokeError() == NotFound)
                return;
            throw Failure("open", Encode(parent));
        }

        using (var top = OpenDirectory(above, Encode(name)))
        {
            if (top is not null)
                EmptyAll(top);
        }

        if (!TryRemove(above, Encode(name)))
            throw Failure("rmdir", Encode(name));
    }

    private static void EmptyAll(SafeFileHandle top)
    {
        var buffer = new byte[32 * 1024];
        var left = new Stack<byte[]>();
        Empty(top, top, left, buffer);
        while (left.TryPop(out var name))
        {
            using (var directory = OpenDirectory(top, name))
            {
                if (directory is not null)
                    Empty(directory, top, left, buffer);
            }

            if (!TryRemove(top, name))
                throw Failure("rmdir", name);
        }
    }

    /// <summary>Removes the entries of a directory, and moves those that are not empty to the top.</summary>
    private static void Empty(SafeFileHandle directory, SafeFileHandle top, Stack<byte[]> left, byte[] buffer)
    {
        while (true)
        {
            var length = ReadEntries(GetEntries, directory, buffer, buffer.Length);
            if (length < 0)
                throw Failure("getdents", []);
            if (length == 0)
                return;
            for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer, at + LengthAt))
            {
                var name = buffer[(at + NameAt)..(Array.IndexOf(buffer, (byte)0, at + NameAt) + 1)];
                if (name is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0] || TryRemove(directory, name))
                    continue;
                var moved = Encode($".removed-{Guid.NewGuid():N}");
                if (Rename(directory, name, top, moved) != 0)
                    throw Failure("rename", name);
                left.Push(moved);
            }
        }
    }

    /// <returns>Null if it is no directory, or gone.</returns>
    private static SafeFileHandle? OpenDirectory(SafeFileHandle parent, byte[] name)
    {
        var handle = FileCalls.Open(parent, name, OnlyDirectory, OnOneFileSystemWithoutLinks);
        if (!handle.IsInvalid)
            return handle;
        return Marshal.GetLastPInvokeError() is NotFound or IsNotDirectory or TooManyLinks ? null : throw Failure("open", name);
    }

    /// <returns>False if it is a directory that is not empty.</returns>
    private static bool TryRemove(SafeFileHandle parent, byte[] name)
    {
        if (Unlink(parent, name, 0) == 0)
            return true;
        if (Marshal.GetLastPInvokeError() == IsADirectory && Unlink(parent, name, RemovesDirectory) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            NotFound => true,
            NotEmpty or Exists => false,
            _ => throw Failure("unlink", name),
        };
    }

    private static byte[] Encode(string name) => Encoding.UTF8.GetBytes(name + '\0');

    private static IOException Failure(string call, ReadOnlySpan<byte> name)
    {
        var why = Marshal.GetLastPInvokeErrorMessage();
        return new IOException($"{call} {Encoding.UTF8.GetString(name.TrimEnd((byte)0))}: {why}");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadEntries(nint number, SafeFileHandle directory, [Out] byte[] buffer, nint size);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unlink(SafeFileHandle directory, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(SafeFileHandle directory, byte[] name, SafeFileHandle target, byte[] newName);
}
