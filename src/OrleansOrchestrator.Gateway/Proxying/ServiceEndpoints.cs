using System.Globalization;
using System.Runtime.InteropServices;
using k8s;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Chooses an endpoint of a service, as a gateway reaches it: a silo need not reach addresses of services or pods.</summary>
internal sealed class ServiceEndpoints(PodLocator locator, IObjectClient objects, ResourceRegistry registry)
{
    /// <summary>Finds a ready endpoint of a service's port, any of them.</summary>
    /// <param name="scheme">http or https.</param>
    /// <param name="key">The service.</param>
    /// <param name="port">The port's number, or its name.</param>
    /// <param name="asked">What was asked for, for errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">404: there is no such service; 503: it has no such port, or none of its endpoints is ready; 400: its
    /// endpoint is where no service may be.</exception>
    public async Task<ProxyDestination> ResolveAsync(string scheme, ObjectKey key, string port, string asked, CancellationToken cancellationToken)
    {
        if (long.TryParse(port, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            port = NameOf(number, await ReadAsync<V1Service>(WellKnownResources.Services, key, cancellationToken));

        var ready = ReadyAt(port, await ReadAsync<V1Endpoints>(WellKnownResources.Endpoints, key, cancellationToken));
        Random.Shared.Shuffle(CollectionsMarshal.AsSpan(ready));
        ApiException? last = null;
        foreach (var (address, target) in ready)
        {
            try
            {
                if (address.TargetRef is not { Kind: "Pod" } pod)
                    return new ProxyDestination(scheme, ProxyDestination.Require(address.Ip, isOfPod: false), target, null, null);
                if (await FindAsync(key with { Name = pod.Name }, pod.Uid, cancellationToken) is var (found, node))
                    return new ProxyDestination(scheme, ProxyDestination.Require(found.Status?.PodIP, isOfPod: node is not null), target, found, node);
            }
            catch (ApiException unusable)
            {
                // Another endpoint may do.
                last = unusable;
            }
        }

        throw last ?? ApiErrors.ServiceUnavailable($"no endpoints available for service \"{asked}\"");
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
