using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Maintains the endpoints of the <c>kubernetes</c> service. Every silo that serves the API holds a lease in <c>kube-system</c> with
/// its address, and any silo writes the list of unexpired leases. The lease also has the addresses at which the silo serves ingresses,
/// and the list has those of all silos (<see cref="IngressGateways"/>).
/// </summary>
/// <remarks>
/// A lease expires when this silo has seen no renewal for a while by its own clock, since silos' clocks may differ. A stopping silo
/// deletes its lease and writes the list without itself while it still serves clients with the old list.
/// </remarks>
internal sealed partial class ApiEndpointsPublisher(
    IObjectClient objects, ResourceRegistry registry, ControlPlaneOptions options, TimeProvider time, ILogger<ApiEndpointsPublisher> logger)
    : BackgroundService, IHostedLifecycleService
{
    private const string IdentityLabel = "apiserver.kubernetes.io/identity";
    // Three renewals: two may be lost before the silo's address is withdrawn.
    private const int LeaseSeconds = 6;

    // How often a lease is renewed and the list is checked. A dead silo's address disappears after LeaseSeconds plus
    // this.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    // How long the stop of a silo waits for the withdrawal of its address.
    private static readonly TimeSpan WithdrawalTimeMax = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _withdrawal = new();
    private readonly Dictionary<string, (long Revision, long SeenAt)> _renewals = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Withdraws this silo's address before anything stops. If the control plane does not answer, this delays the stop by a
    /// second.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.ApiEndpoint is not { } own)
            return;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(WithdrawalTimeMax);
        try
        {
            await _withdrawal.CancelAsync();
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(timeout.Token);
            await objects.DeleteAsync(LeaseOf(own), new DeletionOptions(), WriteOptions.ControlPlane, timeout.Token).WaitAsync(timeout.Token);
            while (!await PublishAsync(timeout.Token).WaitAsync(timeout.Token))
            {
                // Another silo has just written the list, perhaps from an older state.
            }
        }
        catch (Exception unavailable) when (unavailable is ApiException or OperationCanceledException)
        {
            LogPutOff(unavailable.Message);
        }
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _withdrawal.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.ApiEndpoint is not { } own)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _withdrawal.Token);
        await SupervisedLoop.RunAsync("endpoints of the API", PublishOwnAsync, time, logger, either.Token);

        async Task<TimeSpan?> PublishOwnAsync(CancellationToken cancellationToken)
        {
            try
            {
                await RenewAsync(own, cancellationToken);
                await PublishAsync(cancellationToken);
            }
            catch (ApiException unavailable)
            {
                LogPutOff(unavailable.Message);
            }

            return Period;
        }
    }

    private async Task RenewAsync(ApiEndpoint own, CancellationToken cancellationToken)
    {
        var reference = LeaseOf(own);
        var lease = new V1Lease
        {
            Metadata = new V1ObjectMeta
            {
                Name = reference.Key.Name,
                Labels = new Dictionary<string, string> { [IdentityLabel] = "orchestrator" },
                Annotations = IngressGateways.Annotate(options.IngressAddresses),
            },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = string.Create(CultureInfo.InvariantCulture, $"{own.Address}|{own.Port}"),
                LeaseDurationSeconds = LeaseSeconds,
                RenewTime = time.GetUtcNow().UtcDateTime,
            },
        };
        await objects.UpdateAsync(reference, lease, WriteOptions.ControlPlane, cancellationToken);
    }

    private ObjectReference LeaseOf(ApiEndpoint own) => new(
        registry[WellKnownResources.Leases],
        new ObjectKey("kube-system", string.Create(CultureInfo.InvariantCulture, $"apiserver-{own.Address.Replace(':', '-')}-{own.Port}")));

    /// <summary>Writes the list. The last silo leaves its address in it, so that daemons can find it again.</summary>
    /// <returns>Whether the list is written; false after a conflict with another writer.</returns>
    private async Task<bool> PublishAsync(CancellationToken cancellationToken)
    {
        // Reads the list before the leases: a silo that saw older leases must not overwrite the list of one that saw newer ones.
        var reference = new ObjectReference(registry[WellKnownResources.Endpoints], new ObjectKey("default", "kubernetes"));
        var version = await VersionOfAsync(reference, cancellationToken);
        var filter = ObjectFilter.InNamespace("kube-system") with { Labels = LabelSelector.Parse(IdentityLabel) };
        var leases = await objects.ListAsync(registry[WellKnownResources.Leases], new ListQuery(filter, Freshness.Latest), cancellationToken);
        var held = leases.Objects.Where(lease => IsHeld(lease.Key.Name, lease.Revision)).ToList();
        if (held.Count == 0)
            return true;
        var endpoints = new V1Endpoints
        {
            Metadata = new V1ObjectMeta
            {
                Name = "kubernetes",
                ResourceVersion = version,
                Labels = new Dictionary<string, string> { [EndpointSliceMirroringReconciler.SkipMirrorLabel] = "true" },
                Annotations = IngressGateways.Annotate(held.SelectMany(lease => IngressGateways.AddressesOf(lease.SharedModel()))),
            },
            Subsets =
            [
                .. held.Select(lease => lease.SharedModel<V1Lease>().Spec.HolderIdentity.Split('|'))
                    .GroupBy(holder => int.Parse(holder[1], CultureInfo.InvariantCulture), holder => holder[0])
                    .OrderBy(group => group.Key)
                    .Select(group => new V1EndpointSubset
                    {
                        Addresses = [.. group.Order(StringComparer.Ordinal).Select(address => new V1EndpointAddress { Ip = address })],
                        Ports = [new Corev1EndpointPort { Name = "https", Port = group.Key, Protocol = "TCP" }],
                    }),
            ],
        };
        try
        {
            await objects.UpdateAsync(reference, endpoints, WriteOptions.ControlPlane, cancellationToken);
        }
        catch (ApiException raced) when (raced.Code == 409)
        {
            return false;
        }

        await PublishSlicesAsync(endpoints.Subsets, cancellationToken);
        return true;
    }

    private async Task<string?> VersionOfAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        try
        {
            var present = await objects.GetAsync(reference.Definition, reference.Key, Freshness.Latest, cancellationToken);
            return present.Revision.ToString(CultureInfo.InvariantCulture);
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            return null;
        }
    }

    /// <summary>Writes the same list as EndpointSlices, one of each port. Nearly always all silos listen at the same one.</summary>
    private async Task PublishSlicesAsync(IList<V1EndpointSubset> subsets, CancellationToken cancellationToken)
    {
        var definition = registry[WellKnownResources.EndpointSlices];
        var filter = ObjectFilter.InNamespace("default") with { Labels = LabelSelector.Parse(IdentityLabel) };
        var present = await objects.ListAsync(definition, new ListQuery(filter, Freshness.Any), cancellationToken);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var subset in subsets)
        {
            var slice = SliceOf(subset, isFirst: written.Count == 0);
            written.Add(slice.Metadata.Name);
            await PublishAsync(definition, slice, cancellationToken);
        }

        foreach (var stale in present.Objects.Where(slice => !written.Contains(slice.Key.Name)))
            await objects.DeleteAsync(new ObjectReference(definition, stale.Key), new DeletionOptions(), WriteOptions.ControlPlane, cancellationToken);
    }

    private async Task PublishAsync(ResourceDefinition definition, V1EndpointSlice slice, CancellationToken cancellationToken)
    {
        try
        {
            await objects.UpdateAsync(new ObjectReference(definition, new ObjectKey("default", slice.Metadata.Name)), slice, WriteOptions.ControlPlane, cancellationToken);
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            await objects.CreateAsync(definition.Storage, "default", slice, WriteOptions.ControlPlane, cancellationToken);
        }
    }

    /// <summary>The slice of a subset. The first one has the name that it has in Kubernetes, and the others' names tell their ports.</summary>
    private static V1EndpointSlice SliceOf(V1EndpointSubset subset, bool isFirst) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = isFirst ? "kubernetes" : string.Create(CultureInfo.InvariantCulture, $"kubernetes-{subset.Ports[0].Port}"),
            NamespaceProperty = "default",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "kubernetes", [IdentityLabel] = "orchestrator" },
        },
        AddressType = AddressSyntax.FamilyOf(subset.Addresses[0].Ip) ?? "FQDN",
        Endpoints = [.. subset.Addresses.Select(address => new V1Endpoint { Addresses = [address.Ip], Conditions = new V1EndpointConditions { Ready = true } })],
        Ports = [.. subset.Ports.Select(port => new Discoveryv1EndpointPort { Name = port.Name, Port = port.Port, Protocol = port.Protocol })],
    };

    private bool IsHeld(string lease, long revision)
    {
        if (!_renewals.TryGetValue(lease, out var seen) || seen.Revision != revision)
            _renewals[lease] = seen = (revision, time.GetTimestamp());
        return time.GetElapsedTime(seen.SeenAt) < TimeSpan.FromSeconds(LeaseSeconds);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The endpoints of the kubernetes service are not up to date: {Why}")]
    private partial void LogPutOff(string why);
}
