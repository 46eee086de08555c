using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The network of a process on this machine. It needs the rights of root.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x4000_0000;

    // It only makes two system calls.
    private const int StackBytes = 256 * 1024;

    private readonly SafeFileHandle _file;

    private NetworkNamespace(SafeFileHandle file) => _file = file;

    /// <summary>Opens the network of a process; null if this daemon may not enter it, or there is no such process.</summary>
    public static NetworkNamespace? TryOpen(int processId)
    {
        try
        {
            return Environment.IsPrivilegedProcess
                ? new NetworkNamespace(File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net")))
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The path of the namespace for other programs. It is this very one as long as this object is not disposed.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_file.DangerousGetHandle()}");

    /// <summary>Creates a socket in the network. A socket stays in the network of the thread that has created it; that thread enters
    /// the network, and ends.</summary>
    /// <exception cref="RuntimeException">The daemon may not enter the network.</exception>
    public Task<Socket> CreateSocketAsync(AddressFamily family)
    {
        var created = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                try
                {
                    if (SetNamespace(_file, NewNetwork) != 0)
                        throw new RuntimeException(RuntimeException.Unavailable, $"the pod's network cannot be entered: {Marshal.GetLastPInvokeErrorMessage()}");
                    created.SetResult(new Socket(family, SocketType.Stream, ProtocolType.Tcp));
                }
                catch (Exception failure) when (failure is RuntimeException or SocketException)
                {
                    created.SetException(failure);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "network of a pod",
        };
        thread.Start();
        return created.Task;
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
