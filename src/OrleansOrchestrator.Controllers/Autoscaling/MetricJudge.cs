using k8s.Models;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>What one metric of an autoscaler says.</summary>
/// <param name="Status">Its status; of no type if it says nothing.</param>
internal sealed record MetricVerdict(V2MetricStatus Status)
{
    /// <summary>The replicas that it asks for.</summary>
    public int Replicas { get; init; }

    /// <summary>What it is called in reasons for a change.</summary>
    public string Name { get; init; } = "";

    /// <summary>The reason of its event and condition if it says nothing; null if it says something.</summary>
    public string? FailureReason { get; init; }

    /// <summary>Why it says nothing, for its own event and condition.</summary>
    public string Failure { get; init; } = "";

    /// <summary>Why it says nothing, for the autoscaler as a whole.</summary>
    public string WholeFailure { get; init; } = "";
}

/// <summary>Judges the metrics of an autoscaler, with the names and errors that its users know from Kubernetes.</summary>
/// <param name="observation">The answers.</param>
/// <param name="hpa">The autoscaler.</param>
/// <param name="scale">The scale of its target.</param>
/// <param name="selector">The target's pods.</param>
/// <param name="calculator">Computes replicas.</param>
/// <remarks>See computeReplicasForMetric in k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
internal sealed class MetricJudge(Observation observation, V2HorizontalPodAutoscaler hpa, V1Scale scale, LabelSelector selector, ReplicaCalculator calculator)
{
    private const string NoResourceTarget = "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set";

    private string Namespace => hpa.Metadata.NamespaceProperty;

    private int SpecReplicas => scale.Spec.Replicas ?? 0;

    /// <summary>Judges a metric.</summary>
    public MetricVerdict Judge(V2MetricSpec spec) => spec.Type switch
    {
        MetricTypes.Resource when spec.Resource is { } source => Try(
            "FailedGetResourceMetric", $"failed to get {source.Name} resource metric value", () => JudgeResource(spec, source.Name, "", source.Target)),
        MetricTypes.ContainerResource when spec.ContainerResource is { } source => Try(
            "FailedGetContainerResourceMetric", $"failed to get {source.Name} container metric value", () => JudgeResource(spec, source.Name, source.Container, source.Target)),
        MetricTypes.Pods when spec.Pods is { } source => Try("FailedGetPodsMetric", "failed to get pods metric value", () => JudgePods(spec, source)),
        MetricTypes.Object when spec.ObjectProperty is { } source => Try("FailedGetObjectMetric", "failed to get object metric value", () => JudgeObject(spec, source)),
        MetricTypes.External when spec.External is { } source => Try(
            "FailedGetExternalMetric", $"failed to get {source.Metric?.Name} external metric value", () => JudgeExternal(spec, source)),
        _ => Try("InvalidMetricSourceType", null, () => throw new MetricException($"unknown metric source type \"{spec.Type}\"")),
    };

    private static MetricVerdict Try(string reason, string? prefix, Func<MetricVerdict> judge)
    {
        try
        {
            return judge();
        }
        catch (Exception fault) when (fault is MetricException or SelectorException)
        {
            var whole = prefix is null ? fault.Message : $"{prefix}: {fault.Message}";
            return new MetricVerdict(new V2MetricStatus { Type = "" }) { FailureReason = reason, Failure = fault.Message, WholeFailure = whole };
        }
    }

    private MetricVerdict JudgeResource(V2MetricSpec spec, string resource, string container, V2MetricTarget? target)
    {
        if (target is not ({ AverageValue: not null } or { AverageUtilization: not null }))
            throw new MetricException(NoResourceTarget);
        var isUtilization = target.AverageValue is null;
        var proposal = In($"failed to get {resource} {(isUtilization ? "utilization" : "usage")}", () =>
        {
            var samples = In($"unable to get metrics for resource {resource}", () => UsageOf(spec, resource, container));
            return isUtilization
                ? calculator.OfUtilization(SpecReplicas, target.AverageUtilization!.Value, resource, container, samples)
                : calculator.OfAverage(SpecReplicas, Milli(target.AverageValue), resource, samples);
        });
        var current = new V2MetricValueStatus { AverageValue = Amount(proposal.Usage), AverageUtilization = proposal.Percent };
        return container.Length == 0
            ? new MetricVerdict(new V2MetricStatus { Type = spec.Type, Resource = new V2ResourceMetricStatus { Name = resource, Current = current } })
            {
                Replicas = proposal.Replicas,
                Name = isUtilization ? $"{resource} resource utilization (percentage of request)" : $"{resource} resource",
            }
            : new MetricVerdict(new V2MetricStatus { Type = spec.Type, ContainerResource = new V2ContainerResourceMetricStatus { Name = resource, Container = container, Current = current } })
            {
                Replicas = proposal.Replicas,
                Name = isUtilization ? $"{resource} container resource utilization (percentage of request)" : $"{resource} container resource",
            };
    }

    private MetricVerdict JudgePods(V2MetricSpec spec, V2PodsMetricSource source)
    {
        var (metric, target) = (source.Metric, Milli(source.Target?.AverageValue));
        var samples = In($"unable to get metric {metric?.Name}", () => ByName(Ask(spec, "custom")));
        var proposal = calculator.OfAverage(SpecReplicas, target, "", samples);
        return new MetricVerdict(new V2MetricStatus { Type = spec.Type, Pods = new V2PodsMetricStatus { Metric = metric, Current = new V2MetricValueStatus { AverageValue = Amount(proposal.Usage) } } })
        {
            Replicas = proposal.Replicas,
            Name = $"pods metric {metric?.Name}",
        };
    }

    private MetricVerdict JudgeObject(V2MetricSpec spec, V2ObjectMetricSource source)
    {
        var (metric, described) = (source.Metric, source.DescribedObject);
        var isShare = source.Target?.Type == "AverageValue";
        if (!isShare && source.Target?.Type != "Value")
            throw new MetricException("invalid object metric source: neither a value target nor an average value target was set");
        long Value() => Ask(spec, "custom") is [var sample, ..] ? sample.MilliValue : throw new MetricException("no metrics returned from custom metrics API");
        long ValueOf() => NamedAfter($"unable to get metric {metric?.Name}", $" on {described?.Kind} {Namespace} {described?.Name}", Value);
        var (proposal, current) = isShare
            ? In($"failed to get {metric?.Name} object metric", () => Share(Milli(source.Target!.AverageValue), ValueOf()))
            : Whole(Milli(source.Target!.Value), ValueOf());
        return new MetricVerdict(new V2MetricStatus { Type = spec.Type, ObjectProperty = new V2ObjectMetricStatus { DescribedObject = described, Metric = metric, Current = current } })
        {
            Replicas = proposal.Replicas,
            Name = isShare ? $"external metric {metric?.Name}({GoLabelSelector.Text(metric?.Selector)})" : $"{described?.Kind} metric {metric?.Name}",
        };
    }

    private MetricVerdict JudgeExternal(V2MetricSpec spec, V2ExternalMetricSource source)
    {
        var metric = source.Metric;
        var isShare = source.Target?.AverageValue is not null;
        if (!isShare && source.Target?.Value is null)
            throw new MetricException("invalid external metric source: neither a value target nor an average value target was set");
        var selectorText = GoLabelSelector.Text(metric?.Selector);
        var (proposal, current) = In(isShare ? $"failed to get {metric?.Name} external metric" : $"failed to get external metric {metric?.Name}", () =>
        {
            var samples = In($"unable to get external metric {Namespace}/{metric?.Name}/{selectorText}", () => Ask(spec, "external"));
            var total = (long)Int128.Clamp(samples.Aggregate((Int128)0, (sum, sample) => sum + sample.MilliValue), long.MinValue, long.MaxValue);
            return isShare ? Share(Milli(source.Target!.AverageValue), total) : Whole(Milli(source.Target!.Value), total);
        });
        return new MetricVerdict(new V2MetricStatus { Type = spec.Type, External = new V2ExternalMetricStatus { Metric = metric, Current = current } })
        {
            Replicas = proposal.Replicas,
            Name = $"external metric {metric?.Name}({selectorText})",
        };
    }

    private (MetricProposal Proposal, V2MetricValueStatus Current) Whole(long target, long usage)
    {
        var proposal = calculator.OfValue(SpecReplicas, target, usage);
        return (proposal, new V2MetricValueStatus { Value = Amount(proposal.Usage) });
    }

    private (MetricProposal Proposal, V2MetricValueStatus Current) Share(long target, long usage)
    {
        var proposal = calculator.OfShare(scale.Status?.Replicas ?? 0, target, usage);
        return (proposal, new V2MetricValueStatus { AverageValue = Amount(proposal.Usage) });
    }

    /// <summary>The usage of a resource by each pod, or by one container of each.</summary>
    private Dictionary<string, MetricSample> UsageOf(V2MetricSpec spec, string resource, string container)
    {
        var samples = Ask(spec, "resource");
        var usage = new Dictionary<string, MetricSample>(StringComparer.Ordinal);
        foreach (var pod in samples.GroupBy(sample => sample.Name, StringComparer.Ordinal))
        {
            if (container.Length > 0 && pod.All(sample => sample.Container != container))
                throw new MetricException($"container {container} not present in metrics for pod {Namespace}/{pod.Key}");
            var wanted = pod.Where(sample => sample.Resource == resource && (container.Length == 0 || sample.Container == container)).ToList();
            if (wanted.Count > 0)
                usage[pod.Key] = wanted[0] with { MilliValue = (long)Int128.Min(wanted.Aggregate((Int128)0, (sum, sample) => sum + sample.MilliValue), long.MaxValue) };
        }

        return usage;
    }

    private IReadOnlyList<MetricSample> Ask(V2MetricSpec spec, string api)
    {
        if (AutoscalerMetrics.QueryOf(spec, Namespace, selector) is not { } query)
            throw new MetricException("the metric's source is incomplete");
        var answer = observation.Metric(query);
        if (answer.Failure is { } why)
            throw new MetricException($"unable to fetch metrics from {api} metrics API: {why}");
        return answer.Samples.Count > 0 ? answer.Samples : throw new MetricException($"no metrics returned from {api} metrics API");
    }

    private static Dictionary<string, MetricSample> ByName(IEnumerable<MetricSample> samples)
    {
        var byName = new Dictionary<string, MetricSample>(StringComparer.Ordinal);
        foreach (var sample in samples)
            byName[sample.Name] = sample;
        return byName;
    }

    private static T In<T>(string prefix, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (MetricException fault)
        {
            throw new MetricException($"{prefix}: {fault.Message}");
        }
    }

    private static long NamedAfter(string prefix, string suffix, Func<long> compute)
    {
        try
        {
            return compute();
        }
        catch (MetricException fault)
        {
            throw new MetricException($"{prefix}: {fault.Message}{suffix}");
        }
    }

    private static long Milli(ResourceQuantity? amount) => Quantity.From(amount).MilliValue;

    private static ResourceQuantity Amount(long milli) => Quantity.FromMilliValue(milli).ToResourceQuantity();
}
