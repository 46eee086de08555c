using System.Globalization;
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

    /// <summary>The most endpoints and source ranges that all routes of a service have together: more would take too long for all services.</summary>
    public const int TargetsMax = 100_000;

    /// <summary>What users are told of a service that has more.</summary>
    public static readonly string TooManyTargets =
        string.Create(CultureInfo.InvariantCulture, $"has more than {TargetsMax} endpoints of ports and source ranges on this node; the other ports are not served");

    private const string LocalPolicy = "Local";

    // Kubernetes' default of sessionAffinityConfig.
    private static readonly TimeSpan DefaultAffinityTimeout = TimeSpan.FromHours(3);

    /// <summary>The routes of one service, in the order of its ports.</summary>
    /// <param name="service">The service.</param>
    /// <param name="slices">Its slices. Only those of its address's family count.</param>
    /// <param name="nodePortAddresses">Where node ports are served.</param>
    /// <param name="zone">This node's zone, for hints; empty without one.</param>
    /// <param name="countMax">The most routes that are wanted: what a service has beyond its budget costs nothing.</param>
    /// <param name="serviceRange">The range of cluster IPs, of which no external address may be: a service would take the address of
    /// another, or of the cluster's DNS. Null if it is not known.</param>
    public static IEnumerable<KeyValuePair<Listening, ServiceRoute>> Of(
        V1Service service, IEnumerable<ProxiedSlice> slices, IReadOnlyList<IPAddress> nodePortAddresses, string zone, int countMax,
        IPNetwork? serviceRange = null)
    {
        if (!IsOurs(service))
            return [];
        var spec = service.Spec;
        var clusterIP = AddressSyntax.TryParse(spec.ClusterIP ?? "", out var parsed) ? parsed : null;
        var ports = (spec.Ports ?? []).Take(countMax).ToList();
        var targets = TargetsOf(ports, slices.Where(slice => clusterIP is null || slice.Family == clusterIP.AddressFamily));
        var externals = ExternalsOf(service).Distinct()
            .Where(one => (clusterIP is null || one.Address.AddressFamily == clusterIP.AddressFamily) && serviceRange?.Contains(one.Address) is not true).ToList();
        var inside = spec.InternalTrafficPolicy == LocalPolicy;
        var outside = spec.ExternalTrafficPolicy == LocalPolicy;
        var sources = SourcesOf(spec);
        var template = new ServiceRoute($"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}", [], AffinityOf(spec));
        return ports.SelectMany(RoutesOf).Take(countMax);

        IEnumerable<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1ServicePort port)
        {
            if (TransportProtocols.Read(port.Protocol) is not { } protocol)
                yield break;
            var found = EndpointsOf(targets[(port.Name ?? "", protocol)], zone);
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

    /// <summary>The first routes, as far as they have no more than <see cref="TargetsMax"/> in all.</summary>
    /// <param name="routes">The routes. Those beyond are not worked out.</param>
    /// <param name="isCut">Whether there are more.</param>
    public static List<KeyValuePair<Listening, ServiceRoute>> Bounded(IEnumerable<KeyValuePair<Listening, ServiceRoute>> routes, out bool isCut)
    {
        var first = new List<KeyValuePair<Listening, ServiceRoute>>();
        var count = 0;
        isCut = false;
        foreach (var one in routes)
        {
            count += one.Value.Endpoints.Count + (one.Value.OutsideEndpoints?.Count ?? 0) + (one.Value.Sources?.Count ?? 0);
            isCut = count > TargetsMax;
            if (isCut)
                break;
            first.Add(one);
        }

        return first;
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

    /// <summary>The slices of each port of the service, with the port at their endpoints. Slices may have thousands of ports that no service has.</summary>
    private static ILookup<(string Name, TransportProtocol Protocol), (ProxiedSlice Slice, int Number)> TargetsOf(
        IReadOnlyCollection<V1ServicePort> ports, IEnumerable<ProxiedSlice> slices)
    {
        var names = ports.Select(port => port.Name ?? "").ToHashSet(StringComparer.Ordinal);
        return slices.SelectMany(slice => slice.Ports.Where(port => names.Contains(port.Name)), (slice, port) => (Slice: slice, Port: port))
            .ToLookup(one => (one.Port.Name, one.Port.Protocol), one => (one.Slice, one.Port.Number));
    }

    /// <summary>The endpoints of a port. One that is in two slices counts once, and is ready if either says so.</summary>
    private static EndpointChoice EndpointsOf(IEnumerable<(ProxiedSlice Slice, int Number)> targets, string zone)
    {
        var known = new OrderedDictionary<IPEndPoint, ProxiedEndpoint>();
        foreach (var (slice, number) in targets)
        {
            foreach (var endpoint in slice.Endpoints)
            {
                var address = new IPEndPoint(endpoint.Address, number);
                if (!known.TryGetValue(address, out var present) || (endpoint.IsReady && !present.IsReady))
                    known[address] = endpoint;
            }
        }

        return EndpointChoice.Of(known, zone);
    }

    private static TimeSpan? AffinityOf(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity != "ClientIP")
            return null;
        return spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? Waits.Seconds(seconds) : DefaultAffinityTimeout;
    }
}
