using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Metrics;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>
/// Answers the queries of reconcilers from the metrics APIs: usage of pods from the cluster's own unless an APIService gives it to
/// another server, custom and external metrics from those that adapters serve.
/// </summary>
/// <remarks>See k8s.io/metrics, and the paths in its custom_metrics and external_metrics clients.</remarks>
internal sealed class MetricReader(
    ComputedReads computed, ResourceRegistry registry, IEnumerable<IAggregatedApis> aggregated, UsageOptions options, TimeProvider time)
{
    private const string Custom = "custom.metrics.k8s.io";
    private const string External = "external.metrics.k8s.io";

    // Only autoscalers ask for metrics.
    private static readonly UserInfo Autoscaler = new(
        ControllerUsers.ServiceAccount("horizontal-pod-autoscaler"), [.. ServiceAccountName.GroupsOf("kube-system"), WellKnownGroups.Authenticated]);

    // The versions of the metrics APIs that are understood.
    private static readonly string[] UsageVersions = ["v1beta1"];
    private static readonly string[] CustomVersions = ["v1beta2", "v1beta1"];
    private static readonly string[] ExternalVersions = ["v1beta1"];

    // A process without a gateway reaches no adapter.
    private readonly IAggregatedApis? _aggregated = aggregated.LastOrDefault();

    /// <summary>Answers queries; equal ones once. A query that cannot be answered says why.</summary>
    public async Task<IReadOnlyDictionary<MetricQuery, MetricAnswer>> AskAsync(IEnumerable<MetricQuery> queries, CancellationToken cancellationToken)
    {
        var answers = queries.Distinct().Select(async query => KeyValuePair.Create(query, await AskAsync(query, cancellationToken))).ToList();
        return answers.Count == 0 ? EmptyAnswers : (await Task.WhenAll(answers)).ToDictionary();
    }

    private static IReadOnlyDictionary<MetricQuery, MetricAnswer> EmptyAnswers { get; } = new Dictionary<MetricQuery, MetricAnswer>();

    private async Task<MetricAnswer> AskAsync(MetricQuery query, CancellationToken cancellationToken)
    {
        using var tooLong = new CancellationTokenSource(options.MetricWithin, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLong.Token);
        try
        {
            return query switch
            {
                PodUsageQuery usage => await ReadUsageAsync(usage, limit.Token),
                ExternalMetricQuery external => await ReadExternalAsync(external, limit.Token),
                DiscoveryQuery discovery => await ProbeAsync(discovery, limit.Token),
                _ => await ReadCustomAsync(query, limit.Token),
            };
        }
        catch (OperationCanceledException) when (tooLong.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return MetricAnswer.Failed($"no answer within {GoDuration.Format(options.MetricWithin)}");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever an adapter answers, it is the failure of this metric alone.
            return MetricAnswer.Failed(failure.Message);
        }
    }

    private async Task<MetricAnswer> ProbeAsync(DiscoveryQuery query, CancellationToken cancellationToken) =>
        new([], _aggregated is null ? "no gateway here" : await _aggregated.ProbeAsync(query.Api, cancellationToken));

    private async Task<MetricAnswer> ReadUsageAsync(PodUsageQuery query, CancellationToken cancellationToken)
    {
        var samples =
            from metrics in await ReadUsageAsync(query.Namespace, query.Pods, cancellationToken)
            from container in metrics.Containers ?? []
            from used in container.Usage ?? new Dictionary<string, ResourceQuantity>()
            select new MetricSample(metrics.Metadata?.Name ?? "", Quantity.From(used.Value).MilliValue, metrics.Timestamp ?? DateTime.UnixEpoch, GoSyntax.ParseDuration(metrics.Window ?? "0s"))
            {
                Container = container.Name,
                Resource = used.Key,
            };
        return new MetricAnswer([.. samples]);
    }

    private async Task<IEnumerable<PodMetrics>> ReadUsageAsync(string @namespace, LabelSelector pods, CancellationToken cancellationToken)
    {
        var kind = registry[WellKnownResources.PodMetrics];
        if (FindVersion(kind.Group, UsageVersions) is { } version)
        {
            var path = $"/apis/{kind.Group}/{version}/namespaces/{Escape(@namespace)}/{kind.Plural}?{Parameters(("labelSelector", pods))}";
            return ObjectCodec.Decode<PodMetricsList>((await _aggregated!.GetAsync(kind.Group, version, path, Autoscaler, cancellationToken)).Span).Items ?? [];
        }

        var filter = new ObjectFilter(@namespace, pods, FieldSelector.Everything);
        var page = await computed.ListAsync(kind, new ListQuery(filter, Freshness.Any), cancellationToken);
        return page.Objects.Select(obj => obj.SharedModel<V1beta1PodMetrics>());
    }

    private async Task<MetricAnswer> ReadCustomAsync(MetricQuery query, CancellationToken cancellationToken)
    {
        if (FindVersion(Custom, CustomVersions) is not { } version)
            return MetricAnswer.Failed($"no custom metrics API ({Custom}) registered");
        var root = $"/apis/{Custom}/{version}";
        var path = query switch
        {
            PodsMetricQuery pods => $"{root}/namespaces/{Escape(pods.Namespace)}/pods/*/{Escape(pods.Metric)}?{Parameters(("labelSelector", pods.Pods), ("metricLabelSelector", pods.Labels))}",
            ObjectMetricQuery obj => $"{root}/{PlaceOf(obj)}/{Escape(obj.Metric)}?{Parameters(("metricLabelSelector", obj.Labels))}",
            _ => throw new NotSupportedException($"{query.GetType()} is no custom metric"),
        };
        using var list = JsonDocument.Parse(await _aggregated!.GetAsync(Custom, version, path, Autoscaler, cancellationToken));
        return new MetricAnswer([.. list.RootElement.GetProperty("items").EnumerateArray().Select(item => SampleOf(item, item.GetProperty("describedObject").GetProperty("name").GetString()!, "windowSeconds"))]);
    }

    private async Task<MetricAnswer> ReadExternalAsync(ExternalMetricQuery query, CancellationToken cancellationToken)
    {
        if (FindVersion(External, ExternalVersions) is not { } version)
            return MetricAnswer.Failed($"the server could not find the requested resource (get {query.Metric}.{External})");
        var path = $"/apis/{External}/{version}/namespaces/{Escape(query.Namespace)}/{Escape(query.Metric)}?{Parameters(("labelSelector", query.Labels))}";
        using var list = JsonDocument.Parse(await _aggregated!.GetAsync(External, version, path, Autoscaler, cancellationToken));
        return new MetricAnswer([.. list.RootElement.GetProperty("items").EnumerateArray().Select(item => SampleOf(item, query.Metric, "window"))]);
    }

    /// <summary>The object's place under the API's root. A namespace is described within itself.</summary>
    private string PlaceOf(ObjectMetricQuery query)
    {
        if (registry.Stored.FirstOrDefault(kind => kind.Kind == query.Kind && kind.Group == query.Group) is not { } kind)
            throw ApiErrors.BadRequest($"no matches for kind \"{query.Kind}\" in group \"{query.Group}\"");
        if (kind.Name == WellKnownResources.Namespaces)
            return $"namespaces/{Escape(query.Name)}/metrics";
        return kind.Namespaced ? $"namespaces/{Escape(query.Namespace)}/{kind.Name}/{Escape(query.Name)}" : $"{kind.Name}/{Escape(query.Name)}";
    }

    private string? FindVersion(string group, string[] understood)
    {
        var served = _aggregated?.VersionsOf(group) ?? [];
        return Array.Find(understood, served.Contains);
    }

    private static MetricSample SampleOf(JsonElement item, string name, string window) => new(
        name,
        Quantity.Parse(item.GetProperty("value").GetString()).MilliValue,
        item.TryGetProperty("timestamp", out var time) && time.ValueKind == JsonValueKind.String ? time.GetDateTimeOffset() : DateTimeOffset.MinValue,
        item.TryGetProperty(window, out var seconds) && seconds.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(seconds.GetInt64()) : TimeSpan.FromMinutes(1));

    private static string Parameters(params IEnumerable<(string Name, LabelSelector Selector)> selectors) => string.Join(
        '&', selectors.Where(one => !one.Selector.IsEverything).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Selector.ToString())}"));

    private static string Escape(string segment) => Uri.EscapeDataString(segment);
}
