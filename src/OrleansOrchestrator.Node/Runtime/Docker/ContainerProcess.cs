using System.ComponentModel;
using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>A process of a container, as this machine sees it.</summary>
internal static class ContainerProcess
{
    /// <summary>
    /// Kills a process with all that it started, if it is on this machine and in the container; a number of another machine means
    /// something else here.
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
            // It has ended, or the engine is elsewhere.
        }
    }
}
