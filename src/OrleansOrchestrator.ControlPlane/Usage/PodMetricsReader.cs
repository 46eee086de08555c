using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Metrics;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>
/// Computes PodMetrics: as metrics-server, only of running pods all of whose containers have been measured. Only the nodes of the pods
/// in question are asked, and each tells of its own pods only.
/// </summary>
internal sealed class PodMetricsReader(WatchCaches caches, ResourceRegistry registry, UsageReader usage, TimeProvider time) : IComputedObjects
{
    /// <inheritdoc/>
    public ResourceName Resource => WellKnownResources.PodMetrics;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KubeObject>> ComputeAsync(ObjectFilter filter, CancellationToken cancellationToken)
    {
        var (pods, nodes) = (caches[registry[WellKnownResources.Pods]], caches[registry[WellKnownResources.Nodes]]);
        await pods.EnsureFreshAsync(Freshness.Any, cancellationToken);
        await nodes.EnsureFreshAsync(Freshness.Any, cancellationToken);
        var running = pods.Select(filter).Objects.Select(pod => pod.SharedModel<V1Pod>()).Where(IsRunning).ToList();
        var wanted = running.ToLookup(pod => (pod.Spec.NodeName, pod.UidOnNode));
        var asked = running.Select(pod => pod.Spec.NodeName).Distinct(StringComparer.Ordinal)
            .Select(node => nodes.Find(new ObjectKey("", node))?.SharedModel<V1Node>()).OfType<V1Node>();
        var metrics = new List<KubeObject>();
        foreach (var (node, summary) in await usage.ReadAsync(asked, cancellationToken))
        {
            foreach (var stats in summary.Pods.Where(IsMeasured).DistinctBy(stats => stats.PodRef.Uid))
            {
                metrics.AddRange(wanted[(node.Metadata.Name, stats.PodRef.Uid)].Select(pod => MetricsOf(pod, stats)));
            }
        }

        return metrics;
    }

    private static bool IsRunning(V1Pod pod) => pod.Status?.Phase == PodPhase.Running && !string.IsNullOrEmpty(pod.Spec.NodeName);

    private static bool IsMeasured(PodStats stats) => stats.Containers.Count > 0 && stats.Containers.All(container => container.Cpu is not null);

    private V1beta1PodMetrics MetricsOf(V1Pod pod, PodStats stats)
    {
        // The oldest measurement and the shortest window tell what is sure of all containers.
        var shortest = stats.Containers.Select(container => container.Cpu!).MinBy(cpu => cpu.WindowNanoSeconds)!;
        return new V1beta1PodMetrics
        {
            Metadata = new V1ObjectMeta
            {
                Name = pod.Metadata.Name,
                NamespaceProperty = pod.Metadata.NamespaceProperty,
                Labels = pod.Metadata.Labels,
                CreationTimestamp = time.GetUtcNow().UtcDateTime,
            },
            Timestamp = stats.Containers.Min(container => container.Cpu!.Time).UtcDateTime,
            Window = UsageQuantities.WindowOf(shortest),
            Containers = [.. stats.Containers.Select(container => new ContainerMetrics { Name = container.Name, Usage = UsageQuantities.Of(container.Cpu!, container.Memory) })],
        };
    }
}
