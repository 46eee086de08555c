using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>
/// All services of the cluster and their slices, as the zone needs them: by namespace and name, and by address. A change touches only the
/// service that it concerns. Any number of threads may read meanwhile.
/// </summary>
internal sealed class ServiceIndex : IObjectSink<V1Service>, IObjectSink<V1EndpointSlice>
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, ZoneEntry>> _namespaces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IPAddress, ImmutableArray<(string Namespace, string Name)>> _byAddress = new();
    // The service of each slice, whose label may change.
    private readonly Dictionary<(string Namespace, string Slice), string> _owners = [];
    private volatile bool _hasServices;
    private volatile bool _hasSlices;

    /// <summary>Whether services and slices have been listed once.</summary>
    public bool IsSynced => _hasServices && _hasSlices;

    /// <summary>Whether a namespace has services.</summary>
    public bool Has(ReadOnlySpan<char> ns) => _namespaces.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(ns);

    /// <summary>A service with its slices; null if there is none.</summary>
    public ZoneEntry? Find(ReadOnlySpan<char> ns, ReadOnlySpan<char> name) =>
        _namespaces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(ns, out var services)
        && services.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var entry)
        && entry.Service is not null
            ? entry
            : null;

    /// <summary>The services to which an address belongs.</summary>
    public ImmutableArray<(string Namespace, string Name)> At(IPAddress address) => _byAddress.GetValueOrDefault(address, []);

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1Service> objects)
    {
        lock (_gate)
        {
            var present = objects.Select(KeyOf).ToHashSet();
            foreach (var (ns, name) in Keys(entry => entry.Service is not null).Where(key => !present.Contains(key)))
                Set(ns, name, EntryOf(ns, name) with { Service = null });
            foreach (var service in objects)
                Put(service);
            _hasServices = true;
        }
    }

    /// <inheritdoc/>
    public void Upsert(V1Service obj)
    {
        lock (_gate)
            Put(obj);
    }

    /// <inheritdoc/>
    public void Delete(V1Service obj)
    {
        var (ns, name) = KeyOf(obj);
        lock (_gate)
            Set(ns, name, EntryOf(ns, name) with { Service = null });
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1EndpointSlice> objects)
    {
        lock (_gate)
        {
            var present = objects.Select(KeyOf).ToHashSet();
            foreach (var (ns, name) in _owners.Keys.Where(key => !present.Contains(key)).ToList())
                Remove(ns, name);
            foreach (var slice in objects)
                Put(slice);
            _hasSlices = true;
        }
    }

    /// <inheritdoc/>
    public void Upsert(V1EndpointSlice obj)
    {
        lock (_gate)
            Put(obj);
    }

    /// <inheritdoc/>
    public void Delete(V1EndpointSlice obj)
    {
        var (ns, name) = KeyOf(obj);
        lock (_gate)
            Remove(ns, name);
    }

    private static (string Namespace, string Name) KeyOf(IKubernetesObject<V1ObjectMeta> obj) => (obj.Metadata.NamespaceProperty, obj.Metadata.Name);

    private List<(string Namespace, string Name)> Keys(Func<ZoneEntry, bool> condition) =>
        [.. _namespaces.SelectMany(ns => ns.Value.Where(service => condition(service.Value)).Select(service => (ns.Key, service.Key)))];

    private void Put(V1Service service)
    {
        var (ns, name) = KeyOf(service);
        Set(ns, name, EntryOf(ns, name) with { Service = ZoneService.Of(service) });
    }

    private void Put(V1EndpointSlice slice)
    {
        var (ns, name) = KeyOf(slice);
        var owner = slice.Metadata.Labels?.TryGetValue(ServiceNameLabel, out var label) is true && label.Length > 0 ? label : null;
        if (_owners.TryGetValue((ns, name), out var before) && before != owner)
            Remove(ns, name);
        if (owner is null)
            return;
        _owners[(ns, name)] = owner;
        Set(ns, owner, EntryOf(ns, owner).With(name, ZoneSlice.Of(slice)));
    }

    private void Remove(string ns, string slice)
    {
        if (_owners.Remove((ns, slice), out var owner))
            Set(ns, owner, EntryOf(ns, owner).Without(slice));
    }

    private ZoneEntry EntryOf(string ns, string name) =>
        _namespaces.TryGetValue(ns, out var services) && services.TryGetValue(name, out var entry) ? entry : ZoneEntry.Empty;

    private void Set(string ns, string name, ZoneEntry entry)
    {
        var before = EntryOf(ns, name).Addresses();
        if (!entry.IsEmpty)
        {
            _namespaces.GetOrAdd(ns, static _ => new ConcurrentDictionary<string, ZoneEntry>(StringComparer.Ordinal))[name] = entry;
        }
        else if (_namespaces.TryGetValue(ns, out var services))
        {
            services.TryRemove(name, out _);
            if (services.IsEmpty)
                _namespaces.TryRemove(ns, out _);
        }

        var after = entry.Addresses();
        foreach (var address in before.Except(after))
            Unlink(address, ns, name);
        foreach (var address in after.Except(before))
            _byAddress[address] = At(address).Add((ns, name));
    }

    private void Unlink(IPAddress address, string ns, string name)
    {
        var left = At(address).Remove((ns, name));
        if (left.IsEmpty)
            _byAddress.TryRemove(address, out _);
        else
            _byAddress[address] = left;
    }
}
