using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>What the kernel tells of a pod as a whole. What it does not tell is null.</summary>
/// <param name="Cgroup">Its cgroup, below the mount of any hierarchy.</param>
/// <param name="Usage">What all of its processes use.</param>
/// <param name="Network">Its network; null on that of the host.</param>
/// <param name="Processes">The number of its processes.</param>
internal sealed record PodReading(string Cgroup, ContainerUsage? Usage, IReadOnlyList<InterfaceUsage>? Network, long? Processes)
{
    // How engines name the cgroup of a container: by its id, or as a scope of systemd.
    private static readonly (string Prefix, string Suffix)[] Scopes = [("", ""), ("docker-", ".scope"), ("cri-containerd-", ".scope")];

    private (string Prefix, string Suffix) Scope { get; init; }

    /// <summary>The cgroup of a container, below the mount of any hierarchy.</summary>
    public string CgroupOf(string containerId) => $"{Cgroup}/{Scope.Prefix}{containerId}{Scope.Suffix}";

    /// <summary>Reads a pod; null if its processes have no cgroup of their own.</summary>
    /// <param name="cgroup">The path of its cgroup.</param>
    /// <param name="sandbox">The pod in the runtime.</param>
    /// <param name="isOnHostNetwork">Whether it has no network of its own.</param>
    public static PodReading? Of(string? cgroup, PodSandbox sandbox, bool isOnHostNetwork)
    {
        if (cgroup is null || !Directory.Exists(cgroup))
            return null;
        var relative = CgroupUsage.RelativePathOf(cgroup);
        var scope = Array.Find(Scopes, one => Directory.Exists(Path.Combine(cgroup, $"{one.Prefix}{sandbox.Id}{one.Suffix}")));

        // The sandbox holds the network of the pod.
        var process = isOnHostNetwork ? null : KernelFile.NumberIn(Path.Combine(cgroup, $"{scope.Prefix}{sandbox.Id}{scope.Suffix}", "cgroup.procs"));
        return new PodReading(relative, CgroupUsage.Read(relative), process is { } id ? InterfaceUsage.Of((int)id) : null, CountProcesses(cgroup)) { Scope = scope };
    }

    private static long? CountProcesses(string cgroup)
    {
        try
        {
            long count = 0;
            foreach (var container in Directory.EnumerateDirectories(cgroup).Append(cgroup))
            {
                using var processes = KernelFile.Open(Path.Combine(container, "cgroup.procs"));
                count += processes?.CountLines() ?? 0;
            }

            return count;
        }
        catch (IOException)
        {
            // The pod has just gone.
            return null;
        }
    }
}
