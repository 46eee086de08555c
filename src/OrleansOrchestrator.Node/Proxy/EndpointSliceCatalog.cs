using System.Collections.Immutable;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The slices of each service as the node last saw them. Safe for concurrent use.</summary>
/// <remarks>
/// What is handed out of a service is immutable, and another object once one of its slices has changed. An endpoint that moves is in both
/// slices for a while, or in none, depending on which of them is seen first.
/// </remarks>
/// <param name="nodesHere">The nodes of this machine.</param>
/// <param name="changed">Called after every change, with the service; with null if any may have changed.</param>
internal sealed class EndpointSliceCatalog(HashSet<string> nodesHere, Action<ObjectKey?>? changed) : IObjectSink<V1EndpointSlice>
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    private readonly Lock _gate = new();
    private Index _index = Index.Empty;

    /// <summary>The slices that kube-proxy watches: neither those of headless services nor those of services that another proxy serves.</summary>
    public static ObjectSelection Wanted { get; } = new(Labels: string.Join(',', RouteTable.LabelsOfOthers.Select(label => $"!{label}")));

    /// <summary>Whether the slices have been listed once.</summary>
    public bool IsSynced { get; private set; }

    /// <summary>Whether a slice is one of these.</summary>
    public static bool IsWanted(V1EndpointSlice slice) => !RouteTable.LabelsOfOthers.Any(label => slice.Metadata.Labels?.ContainsKey(label) is true);

    /// <summary>The slices of a service, in the order of their names.</summary>
    public ImmutableSortedDictionary<string, ProxiedSlice> Of(string ns, string service) =>
        Volatile.Read(ref _index).ByService.GetValueOrDefault((ns, service), Index.NoSlices);

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1EndpointSlice> objects)
    {
        lock (_gate)
            Volatile.Write(ref _index, objects.Aggregate(Index.Empty, (index, slice) => index.With(slice, nodesHere)));
        IsSynced = true;
        changed?.Invoke(null);
    }

    /// <inheritdoc/>
    public void Upsert(V1EndpointSlice obj) => Change(obj, index => index.With(obj, nodesHere));

    /// <inheritdoc/>
    public void Delete(V1EndpointSlice obj) => Change(obj, index => index.Without(obj));

    private void Change(V1EndpointSlice slice, Func<Index, Index> change)
    {
        string? before, after;
        lock (_gate)
        {
            before = _index.ServiceOf(slice);
            Volatile.Write(ref _index, change(_index));
            after = _index.ServiceOf(slice);
        }

        foreach (var service in new[] { before, after }.OfType<string>().Distinct(StringComparer.Ordinal))
            changed?.Invoke(new ObjectKey(slice.Metadata.NamespaceProperty, service));
    }

    /// <summary>The slices by service, and the service of each slice, whose label may change.</summary>
    private sealed record Index(
        ImmutableDictionary<(string Namespace, string Service), ImmutableSortedDictionary<string, ProxiedSlice>> ByService,
        ImmutableDictionary<(string Namespace, string Slice), string> Services)
    {
        public static readonly ImmutableSortedDictionary<string, ProxiedSlice> NoSlices =
            ImmutableSortedDictionary.Create<string, ProxiedSlice>(StringComparer.Ordinal);

        public static readonly Index Empty = new(
            ImmutableDictionary<(string, string), ImmutableSortedDictionary<string, ProxiedSlice>>.Empty, ImmutableDictionary<(string, string), string>.Empty);

        public string? ServiceOf(V1EndpointSlice slice) => Services.GetValueOrDefault((slice.Metadata.NamespaceProperty, slice.Metadata.Name));

        public Index With(V1EndpointSlice slice, HashSet<string> nodesHere)
        {
            var (ns, name) = (slice.Metadata.NamespaceProperty, slice.Metadata.Name);
            if (slice.Metadata.Labels?.TryGetValue(ServiceNameLabel, out var service) is not true || service.Length == 0)
                return Without(slice);
            var others = Services.TryGetValue((ns, name), out var before) && before != service ? Without(slice) : this;
            var slices = others.ByService.GetValueOrDefault((ns, service), NoSlices).SetItem(name, ProxiedSlice.Of(slice, nodesHere));
            return new Index(others.ByService.SetItem((ns, service), slices), others.Services.SetItem((ns, name), service));
        }

        public Index Without(V1EndpointSlice slice)
        {
            var (ns, name) = (slice.Metadata.NamespaceProperty, slice.Metadata.Name);
            if (!Services.TryGetValue((ns, name), out var service))
                return this;
            var left = ByService[(ns, service)].Remove(name);
            return new Index(
                left.IsEmpty ? ByService.Remove((ns, service)) : ByService.SetItem((ns, service), left), Services.Remove((ns, name)));
        }
    }
}
