namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Where the processes of a pod are, for whoever must end them without daemon and engine.</summary>
/// <param name="Cgroup">The cgroup that holds them all, or null.</param>
/// <param name="Folder">The folder with a record of each process group, or null.</param>
internal sealed record PodPlace(string? Cgroup, string? Folder);
