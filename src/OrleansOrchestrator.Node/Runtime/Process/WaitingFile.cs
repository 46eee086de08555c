using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>
/// A pipe or a terminal that is read and written without a blocked thread. .NET waits for sockets by events, and accepts any pollable
/// descriptor as one.
/// </summary>
internal sealed partial class WaitingFile(SafeSocketHandle handle) : IDisposable
{
    private const int ReadWrite = 0x2;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private const uint OwnerOnly = 0b110_000_000;

    private readonly Socket _socket = new(handle);

    /// <summary>Creates a named pipe that only the daemon's user may open.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void CreatePipe(string path)
    {
        if (MakePipe(path, OwnerOnly) != 0)
            throw new IOException($"mkfifo {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Opens a named pipe for writing, whether or not it has a reader.</summary>
    /// <exception cref="IOException">It does not exist, or may not be opened.</exception>
    public static WaitingFile OpenPipe(string path)
    {
        var descriptor = Open(path, ReadWrite | NonBlocking | CloseOnExec);
        return descriptor >= 0
            ? new WaitingFile(new SafeSocketHandle(descriptor, ownsHandle: true))
            : throw new IOException($"open {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Reads available data, or waits for some.</summary>
    /// <returns>The number of bytes; 0 when nobody has the other side open.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // A terminal that nobody has open returns an error.
            return 0;
        }
    }

    /// <summary>Writes everything, and waits while the other side does not read.</summary>
    /// <exception cref="IOException">The other side is closed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            while (content.Length > 0)
                content = content[await _socket.SendAsync(content, SocketFlags.None, cancellationToken)..];
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            throw new IOException("nobody reads any more", ended);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakePipe(string path, uint mode);
}
