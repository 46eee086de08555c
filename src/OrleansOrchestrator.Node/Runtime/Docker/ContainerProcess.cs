using System.ComponentModel;
using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>A process of a container on this machine.</summary>
internal static class ContainerProcess
{
    /// <summary>
    /// Kills a process and its descendants if it is on this machine and in the container: the engine may be on another machine, where
    /// process ids mean other processes.
    /// </summary>
    public static void Kill(long pid, string containerId)
    {
        try
        {
            if (!IsOf(pid, containerId))
                return;
            using var process = System.Diagnostics.Process.GetProcessById((int)pid);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended, or the engine is on another machine.
        }
    }

    /// <summary>The network of a process; null if it is not on this machine and in the container, or may not be entered.</summary>
    public static NetworkNamespace? NetworkOf(long pid, string containerId)
    {
        if (pid is <= 1 or > int.MaxValue || NetworkNamespace.TryOpen((int)pid) is not { } network)
            return null;
        try
        {
            // Checked after opening, so that the id cannot have become that of another process in between.
            if (IsOf(pid, containerId))
                return network;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or the engine is on another machine.
        }

        network.Dispose();
        return null;
    }

    private static bool IsOf(long pid, string containerId) => pid is > 1 and <= int.MaxValue
        && File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup")).Contains(containerId, StringComparison.Ordinal);
}
