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
            if (pid is <= 1 or > int.MaxValue)
                return;
            var cgroup = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup"));
            if (!cgroup.Contains(containerId, StringComparison.Ordinal))
                return;
            using var process = System.Diagnostics.Process.GetProcessById((int)pid);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended, or the engine is on another machine.
        }
    }
}
