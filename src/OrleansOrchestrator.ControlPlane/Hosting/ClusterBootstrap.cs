using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Kinds.Scheduling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Creates what every cluster has: the system's namespaces and priority classes, and the <c>kubernetes</c> service. Every silo does it; that
/// something exists already is success.
/// </summary>
internal sealed partial class ClusterBootstrap(
    IObjectClient objects, ResourceRegistry registry, ServiceAddressOptions addresses, TimeProvider time, ILogger<ClusterBootstrap> logger)
    : BackgroundService, IReadinessCheck
{
    /// <summary>Tells node daemons, on the <c>kubernetes</c> service, which addresses belong to services.</summary>
    public const string ServiceCidrAnnotation = "orleansorchestrator.io/service-cidr";

    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private string? _pending = "the system's namespaces do not exist yet";

    /// <inheritdoc/>
    public string Name => "bootstrap";

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(Volatile.Read(ref _pending));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SupervisedLoop.RunAsync("bootstrap", SetUpAsync, time, logger, stoppingToken);

    private async Task<TimeSpan?> SetUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in Namespaces)
                await EnsureAsync(WellKnownResources.Namespaces, "", new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, cancellationToken);
            foreach (var priority in SystemPriorityClasses.Create())
                await EnsureAsync(WellKnownResources.PriorityClasses, "", priority, cancellationToken);
            await EnsureAsync(WellKnownResources.Services, "default", KubernetesService(), cancellationToken);
            Volatile.Write(ref _pending, null);
            return null;
        }
        catch (Exception unavailable) when (!cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _pending, unavailable.Message);
            LogPutOff(unavailable.Message);
            return TimeSpan.FromSeconds(1);
        }
    }

    private async Task EnsureAsync(ResourceName resource, string @namespace, KubeObject obj, CancellationToken cancellationToken)
    {
        var definition = registry[resource];
        try
        {
            await objects.GetAsync(definition, new ObjectKey(@namespace, obj.Metadata.Name), Freshness.Latest, cancellationToken);
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            try
            {
                await objects.CreateAsync(definition.Storage, @namespace, obj, WriteOptions.ControlPlane, cancellationToken);
            }
            catch (ApiException raced) when (raced.Reason == "AlreadyExists")
            {
                // Another silo was faster.
            }
        }
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

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster is not set up yet: {Why}")]
    private partial void LogPutOff(string why);
}
