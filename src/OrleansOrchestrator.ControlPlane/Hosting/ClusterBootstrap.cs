using System.Collections.Concurrent;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Kinds.Scheduling;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Keeps the objects that every cluster has: the system's namespaces and priority classes, the range of service addresses, the
/// services <c>kubernetes</c> and <c>kube-dns</c>, the APIServices of built-in groups, the default roles, and
/// what other API servers and machines that join need to trust this one. Every silo checks all of them once a second. It creates missing objects; in changed ones it restores only
/// the fields that the cluster needs.
/// </summary>
internal sealed partial class ClusterBootstrap(
    IObjectClient objects, ResourceRegistry registry, ServiceAddressOptions addresses, NodeAddressingOptions nodeAddresses, StorageOptions storage, AuthenticationTrust trust,
    PublicClusterInfo info, RoleBootstrap roles, ControlPlaneOptions options, TimeProvider time, ILogger<ClusterBootstrap> logger)
    : BackgroundService, IReadinessCheck
{
    /// <summary>The annotation of the namespace <c>kube-system</c> that says that the cluster has got its class of storage.</summary>
    public const string StorageClassAnnotation = "orleansorchestrator.io/storage-class-created";

    /// <summary>The annotation of the namespace <c>kube-system</c> that says that the cluster has got its class of ingresses.</summary>
    public const string IngressClassAnnotation = "orleansorchestrator.io/ingress-class-created";

    private const string ServiceCidrName = "kubernetes";
    private const string ServiceCidrFinalizer = "networking.k8s.io/service-cidr-finalizer";

    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private static readonly IReadOnlyList<V1PriorityClass> PriorityClasses = SystemPriorityClasses.Create();
    // A new cluster is ready within a second of its first silo. A check reads caches only.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>The revisions at which objects were found correct, so that an unchanged object is not decoded again.</summary>
    private readonly ConcurrentDictionary<(ResourceName Resource, ObjectKey Key), long> _correctAt = new();
    private readonly HashSet<string> _madeOnce = new(StringComparer.Ordinal);
    private bool _isWithoutDns;
    private string? _lastFault;
    private string? _pending = "the system's namespaces do not exist yet";

    /// <inheritdoc/>
    public string Name => "bootstrap";

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(Volatile.Read(ref _pending));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SupervisedLoop.RunAsync("bootstrap", LookAfterAsync, time, logger, stoppingToken);

    private async Task<TimeSpan?> LookAfterAsync(CancellationToken cancellationToken)
    {
        string? pending = null;
        try
        {
            await EnsureAllAsync(cancellationToken);
        }
        catch (Exception unavailable) when (!cancellationToken.IsCancellationRequested)
        {
            pending = unavailable.Message;
        }

        if (pending is not null && pending != _lastFault)
            LogPutOff(pending);
        _lastFault = pending;

        // Once complete, a missing object does not make the silo unready.
        if (pending is null || _pending is not null)
            Volatile.Write(ref _pending, pending);
        return Period;
    }

    private async Task EnsureAllAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Namespaces)
            await EnsureAsync(WellKnownResources.Namespaces, "", () => new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, null, name, cancellationToken);
        var completing = roles.EnsureAsync(cancellationToken);
        foreach (var priority in PriorityClasses)
            await EnsureAsync(WellKnownResources.PriorityClasses, "", () => priority, null, priority.Metadata.Name, cancellationToken);
        await EnsureAsync(WellKnownResources.ServiceCIDRs, "", ServiceCidr, Repair, ServiceCidrName, cancellationToken);
        await EnsureAsync(WellKnownResources.Services, "default", KubernetesService, Repair, "kubernetes", cancellationToken);
        if (addresses.DnsService)
            await EnsureDnsServiceAsync(cancellationToken);
        await EnsureStorageClassAsync(cancellationToken);
        await EnsureIngressClassAsync(cancellationToken);
        if (trust.Data is not null)
            await EnsureAsync(WellKnownResources.ConfigMaps, AuthenticationTrust.Namespace, trust.ToConfigMap, trust.Repair, AuthenticationTrust.Name, cancellationToken);

        if (info.KubeConfig is not null)
            await EnsureAsync(WellKnownResources.ConfigMaps, ClusterInfo.Namespace, info.ToConfigMap, info.Repair, ClusterInfo.Name, cancellationToken);

        // All of the first start share a few commits.
        await Task.WhenAll(BuiltInApis.All.Where(api => api.IsRegistered).Select(api => EnsureAsync(
            WellKnownResources.APIServices, "", () => ApiServices.Of(api), api.IsReplaceable ? null : present => Repair(present, api), ApiServices.NameOf(api.Group, api.Version), cancellationToken)));

        // A role that cannot be written keeps nothing else away.
        await completing;
    }

    /// <summary>Makes the service at its usual address, or at any other that is free. A cluster without one goes on without DNS.</summary>
    private async Task EnsureDnsServiceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EnsureDnsServiceAsync(() => DnsService.AtUsualAddress(addresses), cancellationToken);
        }
        catch (ApiException taken) when (taken.Code == 422)
        {
            // A cluster of an earlier version has given the address away.
            await EnsureAtAnyAddressAsync(cancellationToken);
        }
    }

    private async Task EnsureAtAnyAddressAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EnsureDnsServiceAsync(DnsService.AtAnyAddress, cancellationToken);
        }
        catch (ApiException refused) when (refused.Code is 422 or 500)
        {
            if (!_isWithoutDns)
                LogWithoutDns(refused.Message);
            _isWithoutDns = true;
        }
    }

    private Task EnsureDnsServiceAsync(Func<V1Service> make, CancellationToken cancellationToken) =>
        EnsureAsync(WellKnownResources.Services, DnsService.Namespace, make, DnsService.Repair, DnsService.Name, cancellationToken);

    private Task EnsureStorageClassAsync(CancellationToken cancellationToken) => storage.LocalPathClass is not ("default" or "class")
        ? Task.CompletedTask
        : EnsureClassAsync(
            WellKnownResources.StorageClasses, LocalPathVolumes.ClassName, StorageClassAnnotation, LocalPathVolumes.ClassOf,
            classes => storage.LocalPathClass == "default" && StorageClasses.DefaultOf(classes) is null, cancellationToken);

    private Task EnsureIngressClassAsync(CancellationToken cancellationToken) => options.IngressAddresses.Count == 0
        ? Task.CompletedTask
        : EnsureClassAsync(
            WellKnownResources.IngressClasses, IngressClasses.ClassName, IngressClassAnnotation, IngressClasses.ClassOf,
            classes => IngressClasses.DefaultOf(classes) is null, cancellationToken);

    /// <summary>
    /// Makes a class once in the life of the cluster: whoever removes it afterwards does not want it. It becomes the default only if there
    /// is none, since of several the newest counts.
    /// </summary>
    private async Task EnsureClassAsync<T>(
        ResourceName resource, string name, string annotation, Func<bool, T> make, Func<IEnumerable<T>, bool> isDefault, CancellationToken cancellationToken)
        where T : class, KubeObject
    {
        if (_madeOnce.Contains(annotation))
            return;
        var system = new ObjectReference(registry[WellKnownResources.Namespaces], new ObjectKey("", "kube-system"));
        var known = (await objects.GetAsync(system.Definition, system.Key, Freshness.Latest, cancellationToken)).SharedModel();
        if (known.Metadata.Annotations?.ContainsKey(annotation) is not true)
        {
            var classes = await objects.ListAsync(registry[resource], new ListQuery(ObjectFilter.All, Freshness.Latest), cancellationToken);
            var standard = isDefault(classes.Objects.Select(stored => stored.SharedModel<T>()));
            await EnsureAsync(resource, "", () => make(standard), null, name, cancellationToken);
            // Only then: a start that breaks off in between finds the class there.
            var record = JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { annotations = new Dictionary<string, string> { [annotation] = name } } });
            await objects.PatchAsync(system, PatchType.MergePatch, record, WriteOptions.ControlPlane, cancellationToken);
        }

        _madeOnce.Add(annotation);
    }

    /// <summary>Creates a missing object, and repairs a present one.</summary>
    private async Task EnsureAsync<T>(
        ResourceName resource, string @namespace, Func<T> make, Func<T, string?>? repair, string name, CancellationToken cancellationToken)
        where T : class, KubeObject
    {
        var definition = registry[resource];
        var key = new ObjectKey(@namespace, name);
        try
        {
            var stored = await objects.GetAsync(definition, key, Freshness.Any, cancellationToken);
            if (stored.IsDeleting || repair is null || _correctAt.GetValueOrDefault((resource, key)) == stored.Revision)
                return;
            var present = (T)stored.Decode();
            if (repair(present) is { } subresource)
                await objects.UpdateAsync(new ObjectReference(definition, key, subresource), present, WriteOptions.ControlPlane, cancellationToken);
            else
                _correctAt[(resource, key)] = stored.Revision;
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            try
            {
                await objects.CreateAsync(definition.Storage, @namespace, Copy(make()), WriteOptions.ControlPlane, cancellationToken);
            }
            catch (ApiException raced) when (raced.Reason == "AlreadyExists")
            {
                // Another silo created it, or this silo's cache is behind.
            }
        }
        catch (ApiException raced) when (raced.Reason == "Conflict")
        {
            // Another writer has just changed it. The next check is a second later.
        }
    }

    private static T Copy<T>(T obj) => ObjectCodec.Clone(obj);

    private V1ServiceCIDR ServiceCidr() => new()
    {
        Metadata = new V1ObjectMeta { Name = ServiceCidrName, Finalizers = [ServiceCidrFinalizer] },
        Spec = new V1ServiceCIDRSpec { Cidrs = [addresses.ServiceCidr] },
    };

    /// <summary>Restores the required fields of the range.</summary>
    /// <returns>The subresource to write; null if nothing changed.</returns>
    private string? Repair(V1ServiceCIDR range)
    {
        if (range.Metadata.Finalizers?.Contains(ServiceCidrFinalizer) is not true)
        {
            range.Metadata.Finalizers = [.. range.Metadata.Finalizers ?? [], ServiceCidrFinalizer];
            return "";
        }

        if (range.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) is true)
            return null;
        range.Status = new V1ServiceCIDRStatus
        {
            Conditions =
            [
                .. (range.Status?.Conditions ?? []).Where(condition => condition.Type != "Ready"),
                new V1Condition
                {
                    Type = "Ready",
                    Status = "True",
                    Message = "Kubernetes Service CIDR is ready",
                    LastTransitionTime = ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()),
                },
            ],
        };
        return "status";
    }

    /// <summary>Restores who serves a built-in version, and the label that says that it is restored.</summary>
    private static string? Repair(V1APIService present, BuiltInApi api)
    {
        var wanted = ApiServices.Of(api);
        var label = wanted.Metadata.Labels.Single();
        if (ApiServices.SaysTheSame(present, wanted) && present.Metadata.Labels?.TryGetValue(label.Key, out var value) is true && value == label.Value)
            return null;
        present.Spec = wanted.Spec;
        present.Metadata.Labels = new Dictionary<string, string>(present.Metadata.Labels ?? new Dictionary<string, string>()) { [label.Key] = label.Value };
        return "";
    }

    /// <summary>Restores the service's ports, its type and what node daemons read from it. Other fields are left to users.</summary>
    private string? Repair(V1Service service)
    {
        var wanted = KubernetesService();
        var ports = service.Spec.Ports ?? [];
        var isRight = service.Spec.Type == "ClusterIP" && service.Spec.Selector is null or { Count: 0 }
            && ports is [{ Name: "https", Port: 443, Protocol: "TCP", TargetPort.Value: "6443" }]
            && service.Metadata.Annotations is { } annotations && annotations.TryGetValue(ClusterService.ServiceRangeAnnotation, out var range) && range == addresses.ServiceCidr
            && (annotations.TryGetValue(ClusterService.PodRangeAnnotation, out var pods) ? pods : "") == nodeAddresses.ClusterCidr;
        if (isRight)
            return null;
        var others = (service.Metadata.Annotations ?? new Dictionary<string, string>()).Where(annotation => annotation.Key is not (ClusterService.ServiceRangeAnnotation or ClusterService.PodRangeAnnotation));
        service.Metadata.Annotations = new Dictionary<string, string>([.. others, .. Ranges()]);
        service.Spec.Selector = null;
        service.Spec.Type = "ClusterIP";
        service.Spec.ExternalName = null;
        service.Spec.ExternalTrafficPolicy = null;
        service.Spec.ClusterIP = service.Spec.ClusterIP is null or "" ? wanted.Spec.ClusterIP : service.Spec.ClusterIP;
        service.Spec.Ports = wanted.Spec.Ports;
        return "";
    }

    private IEnumerable<KeyValuePair<string, string>> Ranges()
    {
        yield return new(ClusterService.ServiceRangeAnnotation, addresses.ServiceCidr);
        if (nodeAddresses.IsOn)
            yield return new(ClusterService.PodRangeAnnotation, nodeAddresses.ClusterCidr);
    }

    private V1Service KubernetesService() => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "kubernetes",
            Labels = new Dictionary<string, string> { ["component"] = "apiserver", ["provider"] = "kubernetes" },
            Annotations = new Dictionary<string, string>(Ranges()),
        },
        Spec = new V1ServiceSpec
        {
            ClusterIP = ServiceRange.Parse(addresses.ServiceCidr).First.ToString(),
            Ports = [new V1ServicePort { Name = "https", Port = 443, TargetPort = 6443, Protocol = "TCP" }],
        },
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The Service kube-dns has no address, so that pods have no cluster DNS: {Why}")]
    private partial void LogWithoutDns(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "What the cluster needs is not complete: {Why}")]
    private partial void LogPutOff(string why);
}
