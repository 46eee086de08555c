using System.Net.Security;
using System.Security.Cryptography;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// The objects that routes are made of, and what is made of them. A change makes only that anew which depends on it: endpoints change
/// within their backend, and the tables stay; new tables replace the old ones at once, and requests under way keep what they have found.
/// </summary>
/// <remarks>A bad object harms only itself: an ingress that cannot be read has no routes, a secret that cannot be read no certificate.</remarks>
internal sealed partial class IngressObjects(IngressOptions options, ILogger<IngressObjects> logger)
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private const string Handler = "ingress";

    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceName, Dictionary<ObjectKey, StoredObject>> _objects = Resources.ToDictionary(resource => resource, _ => new Dictionary<ObjectKey, StoredObject>());
    private readonly Dictionary<ObjectKey, HashSet<ObjectKey>> _slices = [];
    private readonly HashSet<ResourceName> _read = [];
    private readonly Dictionary<ObjectKey, (long Revision, SslStreamCertificateContext? Certificate)> _certificates = [];
    private readonly TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Dictionary<BackendKey, Backend> _backends = [];
    private ILookup<ObjectKey, Backend> _backendsOfServices = Array.Empty<Backend>().ToLookup(backend => backend.Key.Service);
    private IReadOnlyList<V1Ingress> _served = [];
    private IngressHosts _owned = IngressHosts.Shared;
    private RouteTable _routes = RouteTable.Empty;
    private CertificateTable _secured = CertificateTable.Empty;

    /// <summary>The kinds of the objects.</summary>
    public static IReadOnlyList<ResourceName> Resources { get; } =
    [
        WellKnownResources.IngressClasses, WellKnownResources.Ingresses, WellKnownResources.Services, WellKnownResources.EndpointSlices, WellKnownResources.Secrets,
    ];

    /// <summary>The present routes.</summary>
    public RouteTable Routes => Volatile.Read(ref _routes);

    /// <summary>The present certificates.</summary>
    public CertificateTable Certificates => Volatile.Read(ref _secured);

    /// <summary>Ends when all kinds have been read once. Before that, what is missing means nothing.</summary>
    public Task Whole => _whole.Task;

    /// <summary>Replaces all objects of a kind.</summary>
    public void Reset(ResourceName resource, IEnumerable<StoredObject> objects)
    {
        lock (_gate)
        {
            var changes = _objects[resource].Keys.ToDictionary(key => key, _ => (StoredObject?)null);
            foreach (var present in objects)
                changes[present.Key] = present;
            _read.Add(resource);
            Take(resource, changes);
            if (_read.Count == Resources.Count)
                _whole.TrySetResult();
        }
    }

    /// <summary>Applies changes of objects of a kind; null for one that is gone.</summary>
    public void Apply(ResourceName resource, IReadOnlyDictionary<ObjectKey, StoredObject?> changes)
    {
        lock (_gate)
            Take(resource, changes);
    }

    private void Take(ResourceName resource, IReadOnlyDictionary<ObjectKey, StoredObject?> changes)
    {
        var services = new HashSet<ObjectKey>();
        var changesRoutes = !_whole.Task.IsCompleted;
        foreach (var (key, now) in changes)
        {
            _objects[resource].Remove(key, out var before);
            changesRoutes |= resource == WellKnownResources.IngressClasses || (resource == WellKnownResources.Ingresses && !RoutesAlike(before, now));
            if (now is not null)
                _objects[resource][key] = now;
            if (resource == WellKnownResources.Services)
                services.Add(key);
            else if (resource == WellKnownResources.EndpointSlices)
                Move(key, ServiceOf(before), ServiceOf(now), services);
        }

        // What is known in part only would lead requests nowhere.
        if (_read.Count < Resources.Count)
            return;
        foreach (var backend in services.SelectMany(service => _backendsOfServices[service]))
            Resolve(backend);
        if (changesRoutes)
            MakeRoutes();
        else if (resource == WellKnownResources.Secrets)
            MakeCertificates();
    }

    /// <summary>Whether an ingress leads the same way as before: most writes of ingresses are of their status.</summary>
    private bool RoutesAlike(StoredObject? before, StoredObject? now) =>
        before is not null && now is not null && before.Uid == now.Uid && before.SpecJson.SequenceEqual(now.SpecJson)
        && AnnotationsOf(before).SequenceEqual(AnnotationsOf(now), StringComparer.Ordinal);

    private IEnumerable<string?> AnnotationsOf(StoredObject ingress)
    {
        var annotations = ModelsOf<V1Ingress>([ingress]).FirstOrDefault()?.Metadata.Annotations;
        return [ValueOf(IngressClasses.ClassAnnotation), ValueOf(RouteTable.RedirectAnnotation)];

        string? ValueOf(string name) => annotations?.TryGetValue(name, out var value) is true ? value : null;
    }

    private void Move(ObjectKey slice, ObjectKey? from, ObjectKey? to, HashSet<ObjectKey> services)
    {
        if (from is { } old)
        {
            services.Add(old);
            if (_slices.TryGetValue(old, out var left) && left.Remove(slice) && left.Count == 0)
                _slices.Remove(old);
        }

        if (to is not { } service)
            return;
        services.Add(service);
        if (!_slices.TryGetValue(service, out var present))
            _slices[service] = present = [];
        present.Add(slice);
    }

    private static ObjectKey? ServiceOf(StoredObject? slice) =>
        slice?.Labels.Get(ServiceLabel) is { Length: > 0 } name ? new ObjectKey(slice.Key.Namespace, name) : null;

    private void MakeRoutes()
    {
        var classes = ModelsOf<V1IngressClass>(_objects[WellKnownResources.IngressClasses].Values).ToList();
        _served = [.. IngressHosts.OldestFirst(ModelsOf<V1Ingress>(_objects[WellKnownResources.Ingresses].Values).Where(ingress => IngressClasses.IsServed(ingress, classes)))];
        _owned = options.SharedHosts ? IngressHosts.Shared : IngressHosts.Of(_served);
        var (before, backends) = (_backends, new Dictionary<BackendKey, Backend>());
        var routes = RouteTable.Of(_served, _owned, BackendOf);
        _backends = backends;
        _backendsOfServices = backends.Values.ToLookup(backend => backend.Key.Service);
        foreach (var backend in backends.Values.Where(backend => !before.ContainsKey(backend.Key)))
            Resolve(backend);
        Volatile.Write(ref _routes, routes);
        MakeCertificates();

        Backend BackendOf(BackendKey key)
        {
            if (!backends.TryGetValue(key, out var backend))
                backends[key] = backend = before.GetValueOrDefault(key) ?? new Backend(key);
            return backend;
        }
    }

    private void Resolve(Backend backend)
    {
        var service = _objects[WellKnownResources.Services].GetValueOrDefault(backend.Key.Service);
        var slices = _slices.GetValueOrDefault(backend.Key.Service) ?? [];
        backend.Target = BackendTarget.Of(
            backend.Key,
            service is null ? null : ModelsOf<V1Service>([service]).FirstOrDefault(),
            ModelsOf<V1EndpointSlice>(slices.Order().Select(slice => _objects[WellKnownResources.EndpointSlices][slice])),
            backend.Target);
    }

    private void MakeCertificates()
    {
        var used = new HashSet<ObjectKey>();
        var table = CertificateTable.Of(_served, _owned, (ns, name) => CertificateOf(new ObjectKey(ns, name)));
        foreach (var unused in _certificates.Keys.Where(key => !used.Contains(key)).ToList())
            _certificates.Remove(unused);
        Volatile.Write(ref _secured, table);

        SslStreamCertificateContext? CertificateOf(ObjectKey key)
        {
            used.Add(key);
            var secret = _objects[WellKnownResources.Secrets].GetValueOrDefault(key);
            if (!_certificates.TryGetValue(key, out var known) || known.Revision != (secret?.Revision ?? 0))
                _certificates[key] = known = (secret?.Revision ?? 0, Read(secret));
            return known.Certificate;
        }
    }

    // A replaced certificate is not disposed, because handshakes may still use it.
    private SslStreamCertificateContext? Read(StoredObject? secret)
    {
        if (secret is null)
            return null;
        var model = ModelsOf<V1Secret>([secret]).FirstOrDefault();
        if (!TlsKeyPair.TryRead(model, out var pair, out var fault))
        {
            LogBadCertificate(secret.Key, fault);
            return null;
        }

        try
        {
            return SslStreamCertificateContext.Create(pair.Certificate, pair.Chain, offline: true);
        }
        catch (CryptographicException unusable)
        {
            LogBadCertificate(secret.Key, unusable.Message);
            return null;
        }
    }

    private IEnumerable<T> ModelsOf<T>(IEnumerable<StoredObject> objects)
        where T : class, KubeObject
    {
        foreach (var stored in objects)
        {
            T model;
            try
            {
                model = stored.SharedModel<T>();
            }
            catch (Exception unreadable)
            {
                LoopInstruments.ObjectFailed(Handler);
                LogUnreadable(unreadable, stored.Definition.Name, stored.Key);
                continue;
            }

            yield return model;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The secret {Secret} {Fault}: its certificate is not used")]
    private partial void LogBadCertificate(ObjectKey secret, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Resource} {Key} cannot be read, and is left out of ingress")]
    private partial void LogUnreadable(Exception exception, ResourceName resource, ObjectKey key);
}
