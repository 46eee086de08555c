using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>How many replicas a metric asks for.</summary>
/// <param name="Replicas">The replicas.</param>
/// <param name="Usage">The usage that counts, in thousandths: the average of the pods, or the value of an object.</param>
/// <param name="Percent">The usage in percent of the requests; null for other metrics.</param>
internal readonly record struct MetricProposal(int Replicas, long Usage, int? Percent = null);

/// <summary>A metric that tells nothing.</summary>
/// <param name="why">Why, in Kubernetes' words.</param>
internal sealed class MetricException(string why) : Exception(why);

/// <summary>Computes replicas from metrics: in proportion to the usage, and nothing within the tolerance.</summary>
/// <param name="pods">The target's pods.</param>
/// <param name="tolerance">How far usage may be off.</param>
/// <param name="options">The times.</param>
/// <param name="now">The time.</param>
/// <remarks>See replica_calculator.go in k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
internal sealed class ReplicaCalculator(IReadOnlyList<V1Pod> pods, UsageTolerance tolerance, AutoscalerOptions options, DateTimeOffset now)
{
    private const string NoPods = "no pods returned by selector while calculating replica count";

    /// <summary>Replicas for a target in percent of what the pods request.</summary>
    /// <param name="current">The present replicas.</param>
    /// <param name="targetPercent">The target.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="container">The container; empty for the whole pod.</param>
    /// <param name="samples">The values, by pod.</param>
    /// <exception cref="MetricException">They tell nothing.</exception>
    public MetricProposal OfUtilization(int current, int targetPercent, string resource, string container, IReadOnlyDictionary<string, MetricSample> samples)
    {
        var groups = GroupsOf(samples, resource);
        var requests = pods.ToDictionary(pod => pod.Metadata.Name, pod => RequestOf(pod, resource, container), StringComparer.Ordinal);
        var fallback = Math.Max(100, targetPercent);
        return OfPods(current, groups, Measure, missing => Saturated((Int128)requests[missing] * fallback / 100), fillsEqual: false);

        (UsageRatio Ratio, long Usage, int? Percent) Measure(IReadOnlyDictionary<string, long> values)
        {
            var (used, requested, count) = ((Int128)0, (Int128)0, 0);
            foreach (var (pod, value) in values)
            {
                used += value;
                requested += requests[pod];
                count++;
            }

            if (requested == 0)
                throw new MetricException("no metrics returned matched known pods");
            var percent = (int)Int128.Clamp(used * 100 / requested, int.MinValue, int.MaxValue);
            return (new UsageRatio(percent, targetPercent), Saturated(used / count), percent);
        }
    }

    /// <summary>Replicas for a target value of each pod.</summary>
    /// <param name="current">The present replicas.</param>
    /// <param name="target">The target, in thousandths.</param>
    /// <param name="resource">The resource; empty for other metrics.</param>
    /// <param name="samples">The values, by pod.</param>
    /// <exception cref="MetricException">They tell nothing.</exception>
    public MetricProposal OfAverage(int current, long target, string resource, IReadOnlyDictionary<string, MetricSample> samples) =>
        OfPods(current, GroupsOf(samples, resource), values => AverageOf(values, target), _ => target, fillsEqual: true);

    /// <summary>Replicas for a target value of something that all pods share.</summary>
    /// <param name="current">The present replicas.</param>
    /// <param name="target">The target, in thousandths.</param>
    /// <param name="usage">The value, in thousandths.</param>
    /// <exception cref="MetricException">There are no pods.</exception>
    public MetricProposal OfValue(int current, long target, long usage)
    {
        var ratio = new UsageRatio(usage, target);
        if (current == 0)
            return new MetricProposal(ratio.Of(1), usage);
        if (tolerance.Covers(ratio.Value))
            return new MetricProposal(current, usage);
        if (pods.Count == 0)
            throw new MetricException($"unable to calculate ready pods: {NoPods}");
        return new MetricProposal(ratio.Of(pods.Count(pod => pod.Status?.Phase == PodPhase.Running && pod.IsReady)), usage);
    }

    /// <summary>Replicas for a target share of something that all pods share.</summary>
    /// <param name="statusReplicas">The replicas that there are.</param>
    /// <param name="target">The share of each, in thousandths.</param>
    /// <param name="usage">The whole, in thousandths.</param>
    public MetricProposal OfShare(int statusReplicas, long target, long usage)
    {
        var share = statusReplicas == 0 ? usage : (long)Math.Ceiling((double)usage / statusReplicas);
        var ratio = new UsageRatio(usage, target);
        return new MetricProposal(tolerance.Covers(ratio.Value / statusReplicas) ? statusReplicas : ratio.Of(1), share);
    }

    private MetricProposal OfPods(
        int current,
        PodGroups groups,
        Func<IReadOnlyDictionary<string, long>, (UsageRatio Ratio, long Usage, int? Percent)> measure,
        Func<string, long> fullUsage,
        bool fillsEqual)
    {
        var (known, usage, percent) = measure(groups.Measured);
        var ratio = known.Value;
        var stays = new MetricProposal(current, usage, percent);
        var growsWithUnready = groups.Unready.Count > 0 && ratio > 1;
        if (!growsWithUnready && groups.Missing.Count == 0)
            return tolerance.Covers(ratio) ? stays : stays with { Replicas = known.Of(groups.Measured.Count) };

        // What is not known must not speak for the change: pods without a value use everything when the target would shrink, and
        // nothing when it would grow. Neither do unready ones when it would grow.
        var values = new Dictionary<string, long>(groups.Measured, StringComparer.Ordinal);
        if (ratio < 1 || ratio > 1 || fillsEqual)
        {
            foreach (var pod in groups.Missing)
                values[pod] = ratio < 1 ? fullUsage(pod) : 0;
        }

        if (growsWithUnready)
        {
            foreach (var pod in groups.Unready)
                values[pod] = 0;
        }

        var (assumedRatio, _, _) = measure(values);
        var (assumed, replicas) = (assumedRatio.Value, assumedRatio.Of(values.Count));
        var turns = (ratio < 1 && assumed > 1) || (ratio > 1 && assumed < 1) || (assumed < 1 && replicas > current) || (assumed > 1 && replicas < current);
        return tolerance.Covers(assumed) || turns ? stays : stays with { Replicas = replicas };
    }

    private static (UsageRatio Ratio, long Usage, int? Percent) AverageOf(IReadOnlyDictionary<string, long> values, long target)
    {
        var usage = Saturated(values.Values.Aggregate((Int128)0, (sum, value) => sum + value) / values.Count);
        return (new UsageRatio(usage, target), usage, null);
    }

    private PodGroups GroupsOf(IReadOnlyDictionary<string, MetricSample> samples, string resource)
    {
        if (pods.Count == 0)
            throw new MetricException(NoPods);
        var groups = PodGroups.Of(pods, samples, resource == ResourceNames.Cpu, options, now);
        return groups.Measured.Count > 0 ? groups : throw new MetricException("did not receive metrics for targeted pods (pods might be unready)");
    }

    private static long RequestOf(V1Pod pod, string resource, string container)
    {
        var total = (Int128)0;
        foreach (var one in pod.Spec.Containers.Where(one => container.Length == 0 || one.Name == container))
            total += RequestOf(pod, one, resource, "container");
        foreach (var one in pod.Spec.Sidecars.Where(one => container.Length == 0 || one.Name == container))
            total += RequestOf(pod, one, resource, "sidecar container");
        return Saturated(total);
    }

    private static long RequestOf(V1Pod pod, V1Container container, string resource, string what) =>
        container.Resources?.Requests?.TryGetValue(resource, out var request) is true
            ? Quantity.From(request).MilliValue
            : throw new MetricException($"missing request for {resource} in {what} {container.Name} of Pod {pod.Metadata.Name}");

    private static long Saturated(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);
}

/// <summary>A usage and its target. Multiplied before it is divided, so that a whole number of replicas stays whole.</summary>
internal readonly record struct UsageRatio(double Usage, double Target)
{
    /// <summary>The usage as a multiple of the target.</summary>
    public double Value => Usage / Target;

    /// <summary>The replicas for a number of replicas with this usage.</summary>
    public int Of(int replicas) => Usage * replicas / Target is var exact && double.IsNaN(exact) ? 0 : (int)Math.Clamp(Math.Ceiling(exact), 0, int.MaxValue);
}

/// <summary>How far usage may be from its target before anything is scaled.</summary>
/// <param name="Down">Below the target, as a part of it.</param>
/// <param name="Up">Above the target, as a part of it.</param>
internal readonly record struct UsageTolerance(double Down, double Up)
{
    /// <summary>Whether a usage, as a multiple of the target, is close enough to it.</summary>
    public bool Covers(double ratio) => ratio >= 1 - Down && ratio <= 1 + Up;
}
