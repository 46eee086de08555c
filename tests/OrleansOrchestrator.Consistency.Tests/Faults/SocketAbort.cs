using System.ComponentModel;
using System.Globalization;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Faults;

/// <summary>Ends TCP connections that belong to others, which the kernel does for the administrator; for anybody else it does nothing.</summary>
internal static class SocketAbort
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Aborts every connection to a port on 127.0.0.1; both ends are told.</summary>
    public static async Task AbortConnectionsToAsync(int port)
    {
        try
        {
            await using var command = RunningCommand.Start(
                "ss", ["--tcp", "--kill", "dst", "127.0.0.1", "dport", "=", port.ToString(CultureInfo.InvariantCulture)]);
            await command.WaitAsync(Timeout);
        }
        catch (Win32Exception)
        {
            // The program is not installed: one fault less.
        }
    }
}
