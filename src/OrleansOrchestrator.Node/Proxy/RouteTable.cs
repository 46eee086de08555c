using System.Net;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Computes what the proxy has to serve from a service and its slices. Pure.</summary>
internal static class RouteTable
{
    /// <summary>The labels of services, and of their slices, that kube-proxy leaves alone: headless ones, and those that another proxy serves.</summary>
    public static readonly IReadOnlyList<string> LabelsOfOthers = ["service.kubernetes.io/headless", "service.kubernetes.io/service-proxy-name"];

    private const string LocalPolicy = "Local";

    // Kubernetes' default of sessionAffinityConfig.
    private static readonly TimeSpan DefaultAffinityTimeout = TimeSpan.FromHours(3);

    /// <summary>The routes of one service, in the order of its ports.</summary>
    /// <param name="service">The service.</param>
    /// <param name="slices">Its slices. Only those of its address's family count.</param>
    /// <param name="nodePortAddresses">Where node ports are served.</param>
    /// <param name="traffic">How this node looks at endpoints.</param>
    /// <param name="countMax">The most routes that are wanted: what a service has beyond its budget costs nothing.</param>
    public static IEnumerable<KeyValuePair<Listening, ServiceRoute>> Of(
        V1Service service, IEnumerable<ProxiedSlice> slices, IReadOnlyList<IPAddress> nodePortAddresses, NodeTraffic traffic, int countMax)
    {
        if (!IsOurs(service))
            return [];
        var spec = service.Spec;
        var clusterIP = AddressSyntax.TryParse(spec.ClusterIP ?? "", out var parsed) ? parsed : null;
        var endpoints = EndpointsByPort(slices, clusterIP?.AddressFamily, traffic);
        var externals = ExternalsOf(service).Distinct().Where(one => clusterIP is null || one.Address.AddressFamily == clusterIP.AddressFamily).ToList();
        var inside = traffic.KnowsPlaces && spec.InternalTrafficPolicy == LocalPolicy;
        var outside = traffic.KnowsPlaces && spec.ExternalTrafficPolicy == LocalPolicy;
        var sources = SourcesOf(spec);
        var template = new ServiceRoute($"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}", [], AffinityOf(spec));
        return (spec.Ports ?? []).SelectMany(RoutesOf).Take(countMax);

        IEnumerable<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1ServicePort port)
        {
            if (TransportProtocols.Read(port.Protocol) is not { } protocol)
                yield break;
            var found = endpoints.GetValueOrDefault((port.Name ?? "", protocol), EndpointChoice.None);
            var route = template with { Endpoints = found.All, CallersHere = found.CallersHere };
            if (clusterIP is not null)
            {
                yield return new(
                    new Listening(clusterIP, port.Port, protocol),
                    inside ? route with { Endpoints = found.Local, IsServedElsewhere = found.IsAny } : route);
            }

            var external = outside ? route with { OutsideEndpoints = found.Local } : route;
            foreach (var (address, isLoadBalancer) in externals)
            {
                yield return new(
                    new Listening(address, port.Port, protocol),
                    external with { Scope = RouteScope.External, Sources = isLoadBalancer ? sources : null });
            }

            if (port.NodePort is not > 0)
                yield break;
            foreach (var address in nodePortAddresses)
                yield return new(new Listening(address, port.NodePort.Value, protocol), external with { Scope = RouteScope.NodePort });
        }
    }

    /// <summary>How many endpoints of this node are ready, for load balancers that ask at the service's health check node port.</summary>
    /// <returns>Null if the service has no such port.</returns>
    public static (int Port, int LocalEndpoints)? HealthOf(V1Service service, IEnumerable<ProxiedSlice> slices)
    {
        if (!IsOurs(service) || service.Spec is not { Type: "LoadBalancer", ExternalTrafficPolicy: LocalPolicy, HealthCheckNodePort: > 0 and <= IPEndPoint.MaxPort } spec)
            return null;
        var ready = from slice in slices
                    where slice.Family == AddressFamily.InterNetwork || slice.Family == AddressFamily.InterNetworkV6
                    from endpoint in slice.Endpoints
                    where endpoint.IsReady && endpoint.Place == EndpointPlace.Here
                    select endpoint.Address;
        return (spec.HealthCheckNodePort!.Value, ready.Distinct().Count());
    }

    private static bool IsOurs(V1Service service) =>
        service.Spec is { Type: not "ExternalName" } && !LabelsOfOthers.Any(label => service.Metadata.Labels?.ContainsKey(label) is true);

    /// <summary>The addresses that lead here from outside, and whether each is a load balancer's. One with <c>ipMode: Proxy</c> only
    /// leads to node ports.</summary>
    private static IEnumerable<(IPAddress Address, bool IsLoadBalancer)> ExternalsOf(V1Service service)
    {
        foreach (var text in service.Spec.ExternalIPs ?? [])
        {
            if (AddressSyntax.TryParse(text ?? "", out var address))
                yield return (address, false);
        }

        if (service.Spec.Type != "LoadBalancer")
            yield break;
        foreach (var ingress in service.Status?.LoadBalancer?.Ingress ?? [])
        {
            if (ingress?.IpMode != "Proxy" && AddressSyntax.TryParse(ingress?.Ip ?? "", out var address))
                yield return (address, true);
        }
    }

    private static IReadOnlyList<IPNetwork>? SourcesOf(V1ServiceSpec spec)
    {
        if (spec.LoadBalancerSourceRanges is not { Count: > 0 } texts)
            return null;
        return [.. texts.Select(text => AddressSyntax.TryParseNetwork(text?.Trim() ?? "", out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()];
    }

    /// <summary>The endpoints of each port, by name and protocol. One that is in two slices counts once, and is ready if either says so.</summary>
    private static Dictionary<(string Name, TransportProtocol Protocol), EndpointChoice> EndpointsByPort(
        IEnumerable<ProxiedSlice> slices, AddressFamily? family, NodeTraffic traffic)
    {
        var all = new Dictionary<(string, TransportProtocol), OrderedDictionary<IPEndPoint, ProxiedEndpoint>>();
        foreach (var slice in slices.Where(slice => family is null || slice.Family == family))
        {
            foreach (var port in slice.Ports)
            {
                if (!all.TryGetValue((port.Name, port.Protocol), out var known))
                    all[(port.Name, port.Protocol)] = known = [];
                foreach (var endpoint in slice.Endpoints)
                {
                    var address = new IPEndPoint(endpoint.Address, port.Number);
                    if (!known.TryGetValue(address, out var present) || (endpoint.IsReady && !present.IsReady))
                        known[address] = endpoint;
                }
            }
        }

        return all.ToDictionary(port => port.Key, port => EndpointChoice.Of(port.Value, traffic.Zone));
    }

    private static TimeSpan? AffinityOf(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity != "ClientIP")
            return null;
        return spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? Waits.Seconds(seconds) : DefaultAffinityTimeout;
    }
}
