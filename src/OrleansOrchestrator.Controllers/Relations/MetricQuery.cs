using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>What a reconciler asks of other servers: metrics, or whether they serve. Equal queries are asked once.</summary>
/// <param name="Namespace">The namespace.</param>
public abstract record MetricQuery(string Namespace);

/// <summary>What the containers of pods use of processors and memory (<c>metrics.k8s.io</c>).</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Pods">Which pods.</param>
public sealed record PodUsageQuery(string Namespace, LabelSelector Pods) : MetricQuery(Namespace);

/// <summary>A metric of each of some pods (<c>custom.metrics.k8s.io</c>).</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="Pods">Which pods.</param>
/// <param name="Labels">Which series of the metric.</param>
public sealed record PodsMetricQuery(string Namespace, string Metric, LabelSelector Pods, LabelSelector Labels) : MetricQuery(Namespace);

/// <summary>A metric of one object (<c>custom.metrics.k8s.io</c>).</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="Group">The group of the object's kind.</param>
/// <param name="Kind">The object's kind.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Labels">Which series of the metric.</param>
public sealed record ObjectMetricQuery(string Namespace, string Metric, string Group, string Kind, string Name, LabelSelector Labels) : MetricQuery(Namespace);

/// <summary>A metric of something outside the cluster (<c>external.metrics.k8s.io</c>).</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="Labels">Which series of the metric.</param>
public sealed record ExternalMetricQuery(string Namespace, string Metric, LabelSelector Labels) : MetricQuery(Namespace);

/// <summary>Whether the server that an APIService names serves its version. The answer has no samples.</summary>
/// <param name="Api">The APIService as it was observed.</param>
public sealed record DiscoveryQuery(V1APIService Api) : MetricQuery("")
{
    /// <summary>Whether two queries are about one version of an APIService.</summary>
    public bool Equals(DiscoveryQuery? other) =>
        other is not null && Api.Metadata.Uid == other.Api.Metadata.Uid && Api.Metadata.ResourceVersion == other.Api.Metadata.ResourceVersion;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Api.Metadata.Uid, Api.Metadata.ResourceVersion);
}

/// <summary>The answer of a metrics API.</summary>
/// <param name="Samples">The values.</param>
/// <param name="Failure">Why there is no answer, in the words of the API; null if there is one.</param>
public sealed record MetricAnswer(IReadOnlyList<MetricSample> Samples, string? Failure = null)
{
    /// <summary>There is no answer.</summary>
    public static MetricAnswer Failed(string why) => new([], why);
}

/// <summary>A value of a metric.</summary>
/// <param name="Name">The object that it is of.</param>
/// <param name="MilliValue">The value, in thousandths.</param>
/// <param name="Time">When it was measured.</param>
/// <param name="Window">Over which time.</param>
public readonly record struct MetricSample(string Name, long MilliValue, DateTimeOffset Time, TimeSpan Window)
{
    /// <summary>The container, for usage of pods.</summary>
    public string Container { get; init; } = "";

    /// <summary>The resource, for usage of pods.</summary>
    public string Resource { get; init; } = "";
}
