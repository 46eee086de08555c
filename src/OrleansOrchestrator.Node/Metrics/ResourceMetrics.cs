using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Metrics;

/// <summary>Writes processor time, memory and swap of node, pods and containers, as <c>/metrics/resource</c> of the kubelet.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/. What could not be measured has no line.</remarks>
internal static class ResourceMetrics
{
    private const string Counter = "counter";
    private const string Gauge = "gauge";
    private const double NanosecondsPerSecond = 1e9;

    public static void Write(MetricsText text, UsageSample sample)
    {
        var time = sample.Time.ToUnixTimeMilliseconds();
        var containers = new List<(string Labels, ContainerUsage Usage, DateTimeOffset? StartedAt)>();
        var pods = new List<(string Labels, ContainerUsage Usage)>();
        foreach (var (pod, sandbox) in sample.Measured)
        {
            var (name, ns) = (pod.Metadata.Name, pod.Metadata.NamespaceProperty);
            foreach (var container in sandbox.Running)
                containers.Add((MetricsText.LabelsOf(("container", container.Name), ("namespace", ns), ("pod", name)), sample.Containers[container.Id], container.StartedAt));
            if (sample.Readings.GetValueOrDefault(sandbox.PodUid)?.Usage is { } usage)
                pods.Add((MetricsText.LabelsOf(("namespace", ns), ("pod", name)), usage));
        }

        (string Labels, ContainerUsage Usage)[] node = sample.Machine is { } machine ? [("", machine)] : [];
        WriteUsage("container", containers.Select(one => (one.Labels, one.Usage)));
        text.Family("container_start_time_seconds", Gauge, "[STABLE] Start time of the container since unix epoch in seconds");
        foreach (var (labels, _, started) in containers)
        {
            if (started is { } at)
                text.Sample(labels, at.ToUnixTimeMilliseconds() / 1000.0);
        }

        WriteUsage("node", node);
        WriteUsage("pod", pods);
        text.Family("resource_scrape_error", Gauge, "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise");
        text.Sample("", sample.Machine is null ? 1 : 0);

        void WriteUsage(string what, IEnumerable<(string Labels, ContainerUsage Usage)> rows)
        {
            var all = rows.ToList();
            text.Family($"{what}_cpu_usage_seconds_total", Counter, $"[STABLE] Cumulative cpu time consumed by the {what} in core-seconds");
            foreach (var (labels, usage) in all)
                text.Sample(labels, usage.CpuNanoseconds / NanosecondsPerSecond, time);
            text.Family($"{what}_memory_working_set_bytes", Gauge, $"[STABLE] Current working set of the {what} in bytes");
            foreach (var (labels, usage) in all)
                text.Sample(labels, usage.WorkingSetBytes, time);
            text.Family($"{what}_swap_usage_bytes", Gauge, $"[ALPHA] Current amount of the {what} swap usage in bytes. Reported only on non-windows systems");
            foreach (var (labels, usage) in all)
            {
                if (usage.Details?.SwapBytes is { } swap)
                    text.Sample(labels, swap, time);
            }
        }
    }
}
