using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>Pods as processes of this machine.</summary>
public sealed class ProcessRuntime : RuntimeCluster
{
    protected override string Runtime => "process";

    internal override Task<string?> FindMissingAsync() =>
        Task.FromResult(ProgramSearch.Find("busybox") is null ? "busybox is not in PATH" : null);

    internal override Task KillContainerAsync(string containerId, int processId)
    {
        HostProcesses.Kill(processId);
        return Task.CompletedTask;
    }
}
