using System.Globalization;
using System.Runtime.InteropServices;
using k8s;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Serves <c>services/proxy</c>: a ready endpoint of a service's port, any of them.</summary>
internal sealed class ServiceProxyEndpoint(RequestForwarder forwarder, PodLocator locator, IObjectClient objects, ResourceRegistry registry)
    : ProxyEndpoint(WellKnownResources.Services, "ServiceProxyOptions", forwarder)
{
    /// <inheritdoc/>
    protected override async Task<ProxyDestination> ResolveAsync(ApiRequest request)
    {
        var (scheme, name, port) = ProxyTarget.Parse(request.Info.Name, "service");
        var key = request.Info.Key with { Name = name };
        if (long.TryParse(port, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            port = NameOf(number, await ReadAsync<V1Service>(WellKnownResources.Services, key, request.Cancellation));

        var ready = ReadyAt(port, await ReadAsync<V1Endpoints>(WellKnownResources.Endpoints, key, request.Cancellation));
        Random.Shared.Shuffle(CollectionsMarshal.AsSpan(ready));
        ApiException? last = null;
        foreach (var (address, target) in ready)
        {
            try
            {
                if (address.TargetRef is not { Kind: "Pod" } pod)
                    return new ProxyDestination(scheme, ProxyDestination.Require(address.Ip, isOfPod: false), target, null, null);
                if (await FindAsync(key with { Name = pod.Name }, pod.Uid, request.Cancellation) is var (found, node))
                    return new ProxyDestination(scheme, ProxyDestination.Require(found.Status?.PodIP, isOfPod: node is not null), target, found, node);
            }
            catch (ApiException unusable)
            {
                // Another endpoint may do.
                last = unusable;
            }
        }

        throw last ?? ApiErrors.ServiceUnavailable($"no endpoints available for service \"{request.Info.Name}\"");
    }

    /// <summary>Finds the pod of an endpoint; null if it is gone, or another one has its name now. Endpoints follow their pods a little
    /// later.</summary>
    private async Task<(V1Pod Pod, NodeEndpoint? Node)?> FindAsync(ObjectKey key, string? uid, CancellationToken cancellationToken)
    {
        try
        {
            var found = await locator.FindPodAsync(key, cancellationToken);
            return string.IsNullOrEmpty(uid) || found.Pod.Metadata.Uid == uid ? found : null;
        }
        catch (ApiException gone) when (gone.Code == 404)
        {
            return null;
        }
    }

    private static string NameOf(long number, V1Service service) =>
        (service.Spec.Ports ?? []).FirstOrDefault(port => port.Port == number) is { } found
            ? found.Name ?? ""
            : throw ApiErrors.ServiceUnavailable($"no service port {number} found for service \"{service.Metadata.Name}\"");

    /// <summary>The ready addresses of a port by its name, each with the number there.</summary>
    private static List<(V1EndpointAddress Address, int Port)> ReadyAt(string port, V1Endpoints endpoints) =>
    [
        .. from subset in endpoints.Subsets ?? []
           from served in subset.Ports ?? []
           where (served.Name ?? "") == port
           from address in subset.Addresses ?? []
           select (address, served.Port),
    ];

    private async Task<T> ReadAsync<T>(ResourceName resource, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        (await objects.GetAsync(registry[resource], key, Freshness.Latest, cancellationToken)).SharedModel<T>();
}
