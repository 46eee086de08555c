using k8s.Models;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Reports the status of a static pod to its mirror pod. The pod does not wait for the API.</summary>
internal sealed class StaticPodStatus(MirrorPods mirrors) : IPodStatusWriter
{
    public V1PodStatus? Reported { get; private set; }

    public V1PodStatus? Kept => null;

    public void Keep(V1PodStatus status) => Reported = status;

    public Task<bool> WriteAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellationToken)
    {
        Reported = status;
        mirrors.Report(pod, status);
        return Task.FromResult(true);
    }
}
