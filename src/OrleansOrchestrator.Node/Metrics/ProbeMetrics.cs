using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Node.Probes;

namespace OrleansOrchestrator.Node.Metrics;

/// <summary>Writes how probes went, as <c>/metrics/probes</c> of the kubelet. The series of a pod end with it.</summary>
internal static class ProbeMetrics
{
    public static void Write(MetricsText text, IEnumerable<(V1Pod Pod, IReadOnlyList<ProbeStatistics> Probes)> pods)
    {
        var all = pods.SelectMany(one => one.Probes.Select(probe => (one.Pod, Probe: probe, Read: probe.Read())))
            .Where(one => one.Read.Successes + one.Read.Failures > 0).ToList();
        text.Family("prober_probe_total", "counter", "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.");
        foreach (var (pod, probe, read) in all)
        {
            Total(pod, probe, "failed", read.Failures);
            Total(pod, probe, "successful", read.Successes);
        }

        text.Family("prober_probe_duration_seconds", "histogram", "[ALPHA] Duration in seconds for a probe response.");
        foreach (var (pod, probe, read) in all)
        {
            var labels = MetricsText.LabelsOf(
                ("container", probe.Container), ("namespace", pod.Metadata.NamespaceProperty), ("pod", pod.Metadata.Name), ("probe_type", probe.Kind));
            long sum = 0;
            foreach (var (bound, count) in ProbeStatistics.BucketsSeconds.Append(double.PositiveInfinity).Zip(read.Buckets))
            {
                sum += count;
                var le = double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture);
                text.Sample($"{labels},le=\"{le}\"", sum, suffix: "_bucket");
            }

            text.Sample(labels, read.Seconds, suffix: "_sum");
            text.Sample(labels, sum, suffix: "_count");
        }

        void Total(V1Pod pod, ProbeStatistics probe, string result, long count)
        {
            if (count > 0)
            {
                text.Sample(
                    MetricsText.LabelsOf(
                        ("container", probe.Container), ("namespace", pod.Metadata.NamespaceProperty), ("pod", pod.Metadata.Name), ("pod_uid", pod.Metadata.Uid), ("probe_type", probe.Kind), ("result", result)),
                    count);
            }
        }
    }
}
