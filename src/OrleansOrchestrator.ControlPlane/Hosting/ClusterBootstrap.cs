using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Scheduling;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Keeps what every cluster has: the system's namespaces and priority classes, the range of service addresses, and the <c>kubernetes</c>
/// service. Every silo looks after all of it, about once a second: what is gone is created again, and of what somebody has changed only that
/// is set right which the cluster cannot do without.
/// </summary>
internal sealed partial class ClusterBootstrap(
    IObjectClient objects, ResourceRegistry registry, ServiceAddressOptions addresses, TimeProvider time, ILogger<ClusterBootstrap> logger)
    : BackgroundService, IReadinessCheck
{
    /// <summary>Tells node daemons, on the <c>kubernetes</c> service, which addresses belong to services.</summary>
    public const string ServiceCidrAnnotation = "orleansorchestrator.io/service-cidr";

    private const string ServiceCidrName = "kubernetes";
    private const string ServiceCidrFinalizer = "networking.k8s.io/service-cidr-finalizer";

    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private static readonly IReadOnlyList<V1PriorityClass> PriorityClasses = SystemPriorityClasses.Create();
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>At which revisions objects were found to be right: nothing is decoded to find that again.</summary>
    private readonly Dictionary<(ResourceName Resource, ObjectKey Key), long> _right = [];
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

        // What was there once is not a reason to call the silo unready.
        if (pending is null || _pending is not null)
            Volatile.Write(ref _pending, pending);
        return Period;
    }

    private async Task EnsureAllAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Namespaces)
            await EnsureAsync(WellKnownResources.Namespaces, "", () => new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, null, name, cancellationToken);
        foreach (var priority in PriorityClasses)
            await EnsureAsync(WellKnownResources.PriorityClasses, "", () => priority, null, priority.Metadata.Name, cancellationToken);
        await EnsureAsync(WellKnownResources.ServiceCIDRs, "", ServiceCidr, Repair, ServiceCidrName, cancellationToken);
        await EnsureAsync(WellKnownResources.Services, "default", KubernetesService, Repair, "kubernetes", cancellationToken);
    }

    /// <summary>Creates an object that is not there, and sets right one that is.</summary>
    private async Task EnsureAsync<T>(
        ResourceName resource, string @namespace, Func<T> make, Func<T, string?>? repair, string name, CancellationToken cancellationToken)
        where T : class, KubeObject
    {
        var definition = registry[resource];
        var key = new ObjectKey(@namespace, name);
        try
        {
            var stored = await objects.GetAsync(definition, key, Freshness.Any, cancellationToken);
            if (stored.IsDeleting || repair is null || _right.GetValueOrDefault((resource, key)) == stored.Revision)
                return;
            var present = (T)stored.Decode();
            if (repair(present) is { } subresource)
                await objects.UpdateAsync(new ObjectReference(definition, key, subresource), present, WriteOptions.ControlPlane, cancellationToken);
            else
                _right[(resource, key)] = stored.Revision;
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            try
            {
                await objects.CreateAsync(definition.Storage, @namespace, Copy(make()), WriteOptions.ControlPlane, cancellationToken);
            }
            catch (ApiException raced) when (raced.Reason == "AlreadyExists")
            {
                // Another silo was faster, or this silo's cache is behind.
            }
        }
        catch (ApiException raced) when (raced.Reason == "Conflict")
        {
            // Somebody else has just changed it. The next look is soon.
        }
    }

    private static T Copy<T>(T obj) => ObjectCodec.Clone(obj);

    private V1ServiceCIDR ServiceCidr() => new()
    {
        Metadata = new V1ObjectMeta { Name = ServiceCidrName, Finalizers = [ServiceCidrFinalizer] },
        Spec = new V1ServiceCIDRSpec { Cidrs = [addresses.ServiceCidr] },
    };

    /// <summary>Sets right what of the range must hold.</summary>
    /// <returns>Through which subresource it is to be written; null if nothing has changed.</returns>
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

    /// <summary>Sets right the service's ports, its type and what node daemons read from it; the rest is its users'.</summary>
    private string? Repair(V1Service service)
    {
        var wanted = KubernetesService();
        var ports = service.Spec.Ports ?? [];
        var isRight = service.Spec.Type == "ClusterIP" && service.Spec.Selector is null or { Count: 0 }
            && ports is [{ Name: "https", Port: 443, Protocol: "TCP", TargetPort.Value: "6443" }]
            && service.Metadata.Annotations?.TryGetValue(ServiceCidrAnnotation, out var range) is true && range == addresses.ServiceCidr;
        if (isRight)
            return null;
        service.Metadata.Annotations = new Dictionary<string, string>(service.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            [ServiceCidrAnnotation] = addresses.ServiceCidr,
        };
        service.Spec.Selector = null;
        service.Spec.Type = "ClusterIP";
        service.Spec.ExternalName = null;
        service.Spec.ExternalTrafficPolicy = null;
        service.Spec.ClusterIP = service.Spec.ClusterIP is null or "" ? wanted.Spec.ClusterIP : service.Spec.ClusterIP;
        service.Spec.Ports = wanted.Spec.Ports;
        return "";
    }

    private V1Service KubernetesService() => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "kubernetes",
            Labels = new Dictionary<string, string> { ["component"] = "apiserver", ["provider"] = "kubernetes" },
            Annotations = new Dictionary<string, string> { [ServiceCidrAnnotation] = addresses.ServiceCidr },
        },
        Spec = new V1ServiceSpec
        {
            ClusterIP = ServiceRange.Parse(addresses.ServiceCidr).First.ToString(),
            Ports = [new V1ServicePort { Name = "https", Port = 443, TargetPort = 6443, Protocol = "TCP" }],
        },
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "What the cluster needs is not complete: {Why}")]
    private partial void LogPutOff(string why);
}
