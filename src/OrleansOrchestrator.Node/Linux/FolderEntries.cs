using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>Reads the entries of open directories, which stay the same whatever somebody does to their names.</summary>
internal static partial class FolderEntries
{
    // The layout of an entry: where the next one begins, its length, and its name, which ends with a zero.
    private const int NextAt = 8;
    private const int LengthAt = 16;
    private const int NameAt = 19;
    private const int BufferBytes = 32 * 1024;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint GetEntries = IsArm ? 61 : 217;

    /// <summary>A buffer for <see cref="ReadPiece"/>.</summary>
    public static byte[] NewBuffer() => new byte[BufferBytes];

    /// <summary>The names in the next piece of a directory, each with its final zero and with the position after it; none at the
    /// end.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static IEnumerable<(byte[] Name, long Next)> ReadPiece(SafeFileHandle directory, byte[] buffer)
    {
        var length = ReadEntries(GetEntries, directory, buffer, buffer.Length);
        if (length < 0)
            throw new IOException($"getdents: {Marshal.GetLastPInvokeErrorMessage()}");
        for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer, at + LengthAt))
            yield return (buffer[(at + NameAt)..(Array.IndexOf(buffer, (byte)0, at + NameAt) + 1)], BitConverter.ToInt64(buffer, at + NextAt));
    }

    /// <summary>Lets a directory that was opened anew be read on from a position.</summary>
    /// <returns>False if the system refused.</returns>
    public static bool Seek(SafeFileHandle directory, long position) => SetPosition(directory, position, 0) == position;

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SetPosition(SafeFileHandle file, long position, int from);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadEntries(nint number, SafeFileHandle directory, [Out] byte[] buffer, nint size);
}
