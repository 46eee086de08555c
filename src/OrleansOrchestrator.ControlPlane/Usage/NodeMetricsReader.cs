using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Metrics;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Computes NodeMetrics: as metrics-server, only of nodes that have been measured.</summary>
internal sealed class NodeMetricsReader(WatchCaches caches, ResourceRegistry registry, UsageReader usage, TimeProvider time) : IComputedObjects
{
    /// <inheritdoc/>
    public ResourceName Resource => WellKnownResources.NodeMetrics;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KubeObject>> ComputeAsync(ObjectFilter filter, CancellationToken cancellationToken)
    {
        var nodes = caches[registry[WellKnownResources.Nodes]];
        await nodes.EnsureFreshAsync(Freshness.Any, cancellationToken);
        var metrics = new List<KubeObject>();
        foreach (var (node, summary) in await usage.ReadAsync(nodes.Select(filter).Objects.Select(node => node.SharedModel<V1Node>()), cancellationToken))
        {
            if (summary.Node is { Cpu: { } cpu, Memory: { } memory })
                metrics.Add(MetricsOf(node, cpu, memory));
        }

        return metrics;
    }

    private V1beta1NodeMetrics MetricsOf(V1Node node, CpuStats cpu, MemoryStats memory) => new()
    {
        Metadata = new V1ObjectMeta { Name = node.Metadata.Name, Labels = node.Metadata.Labels, CreationTimestamp = time.GetUtcNow().UtcDateTime },
        Timestamp = cpu.Time.UtcDateTime,
        Window = UsageQuantities.WindowOf(cpu),
        Usage = UsageQuantities.Of(cpu, memory),
    };
}
