namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The location of a pod's processes, for killing them without daemon and engine.</summary>
/// <param name="Cgroup">The cgroup of all of them, or null.</param>
/// <param name="Folder">The folder with a record of each process group, or null.</param>
internal sealed record PodPlace(string? Cgroup, string? Folder);
