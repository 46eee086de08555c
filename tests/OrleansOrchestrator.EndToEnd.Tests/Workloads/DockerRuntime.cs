using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>Pods as containers of this machine's Docker engine.</summary>
public sealed class DockerRuntime : RuntimeCluster
{
    protected override string Runtime => "docker";

    internal override string Image => DockerEngine.Image;

    internal override Task<string?> FindMissingAsync() => DockerEngine.FindMissingAsync();

    internal override Task KillContainerAsync(string containerId, int processId) =>
        DockerEngine.KillAsync(containerId["docker://".Length..]);

    private protected override Task PrepareAsync() => DockerEngine.ImportImageAsync();
}
