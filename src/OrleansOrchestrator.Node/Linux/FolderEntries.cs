using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>Reads the entries of open directories, which stay the same whatever somebody does to their names.</summary>
internal static partial class FolderEntries
{
    // The layout of an entry: its length, and its name, which ends with a zero.
    private const int LengthAt = 16;
    private const int NameAt = 19;
    private const int BufferBytes = 32 * 1024;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint GetEntries = IsArm ? 61 : 217;

    /// <summary>A buffer for <see cref="Read"/>.</summary>
    public static byte[] NewBuffer() => new byte[BufferBytes];

    /// <summary>The names in a directory, each with its final zero.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static IEnumerable<byte[]> Read(SafeFileHandle directory, byte[] buffer)
    {
        while (true)
        {
            var length = ReadEntries(GetEntries, directory, buffer, buffer.Length);
            if (length < 0)
                throw new IOException($"getdents: {Marshal.GetLastPInvokeErrorMessage()}");
            if (length == 0)
                yield break;
            for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer, at + LengthAt))
            {
                var name = buffer[(at + NameAt)..(Array.IndexOf(buffer, (byte)0, at + NameAt) + 1)];
                if (name is not ([(byte)'.', 0] or [(byte)'.', (byte)'.', 0]))
                    yield return name;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadEntries(nint number, SafeFileHandle directory, [Out] byte[] buffer, nint size);
}
