using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>
/// A pseudo-terminal, from its owner's side. Programs open the other side as a device; when all have closed it, reading here ends.
/// </summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 0x2;
    private const int NoControllingTerminal = 0x100;
    private const int CloseOnExec = 0x80000;
    // Longer than any name of /dev/pts.
    private const int PathBytesMax = 64;
    private static readonly nuint SetWindowSize = 0x5414;

    private readonly SafeSocketHandle _handle;
    private readonly WaitingFile _file;

    private PseudoTerminal(int descriptor)
    {
        _handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        _file = new WaitingFile(_handle);
    }

    /// <summary>The device that programs open.</summary>
    public string Path { get; private init; } = "";

    /// <summary>Makes a terminal.</summary>
    /// <exception cref="IOException">The system has no more terminals.</exception>
    public static PseudoTerminal Open()
    {
        var descriptor = Check(OpenTerminal(ReadWrite | NoControllingTerminal | CloseOnExec), "posix_openpt");
        var path = new byte[PathBytesMax];
        try
        {
            Check(Grant(descriptor), "grantpt");
            Check(Unlock(descriptor), "unlockpt");
            if (NameOf(descriptor, path, PathBytesMax) is var code and not 0)
                throw new IOException($"ptsname_r: error {code}");
        }
        catch (IOException)
        {
            new SafeSocketHandle(descriptor, ownsHandle: true).Dispose();
            throw;
        }

        return new PseudoTerminal(descriptor) { Path = Encoding.UTF8.GetString(path.AsSpan(0, path.AsSpan().IndexOf((byte)0))) };
    }

    /// <inheritdoc cref="WaitingFile.ReadAsync"/>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _file.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc cref="WaitingFile.WriteAsync"/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) => _file.WriteAsync(input, cancellationToken);

    /// <summary>Sets the size. The foreground program gets a signal.</summary>
    public void Resize(TerminalSize size)
    {
        var window = new Window { Rows = size.Rows, Columns = size.Columns };
        _ = Control(_handle, SetWindowSize, ref window);
    }

    /// <summary>Hangs up. Programs that still have it open get a signal.</summary>
    public void Dispose() => _file.Dispose();

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Grant(int descriptor);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unlock(int descriptor);

    [LibraryImport("libc", EntryPoint = "ptsname_r")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NameOf(int descriptor, [Out] byte[] name, nuint size);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeSocketHandle descriptor, nuint request, ref Window window);

    [StructLayout(LayoutKind.Sequential)]
    private struct Window
    {
        public ushort Rows;
        public ushort Columns;
        public ushort WidthPixels;
        public ushort HeightPixels;
    }
}
