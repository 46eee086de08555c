using System.Net;
using k8s.Models;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Computes what the proxy has to serve from the services and endpoints of the cluster. Pure.</summary>
internal static class RouteTable
{
    private static readonly TimeSpan DefaultAffinityTimeout = TimeSpan.FromHours(3);

    /// <summary>The routes of all services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="endpointsOf">The endpoints of a service, by namespace and name; null if there are none.</param>
    /// <param name="nodePortAddresses">Where node ports are served.</param>
    public static Dictionary<Listening, ServiceRoute> Build(
        IEnumerable<V1Service> services, Func<string, string, V1Endpoints?> endpointsOf, IReadOnlyList<IPAddress> nodePortAddresses)
    {
        var routes = new Dictionary<Listening, ServiceRoute>();
        foreach (var service in services.OrderBy(s => s.Metadata.NamespaceProperty, StringComparer.Ordinal).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal))
        {
            if (service.Spec is not { Type: not "ExternalName" } spec)
                continue;
            var endpoints = endpointsOf(service.Metadata.NamespaceProperty, service.Metadata.Name);
            foreach (var port in spec.Ports ?? [])
                Add(routes, service, port, endpoints, nodePortAddresses);
        }

        return routes;
    }

    private static void Add(
        Dictionary<Listening, ServiceRoute> routes, V1Service service, V1ServicePort port, V1Endpoints? endpoints, IReadOnlyList<IPAddress> nodePortAddresses)
    {
        if (port.Protocol is not (null or "TCP" or "UDP"))
            return;
        var isUdp = port.Protocol == "UDP";
        var route = new ServiceRoute(
            $"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}", ReadyEndpoints(endpoints, port.Name, isUdp), AffinityOf(service.Spec));
        if (IPAddress.TryParse(service.Spec.ClusterIP, out var clusterIP))
            routes.TryAdd(new Listening(clusterIP, port.Port, isUdp), route);
        if (port.NodePort is not > 0)
            return;
        foreach (var address in nodePortAddresses)
            routes.TryAdd(new Listening(address, port.NodePort.Value, isUdp), route);
    }

    private static List<IPEndPoint> ReadyEndpoints(V1Endpoints? endpoints, string? portName, bool isUdp)
    {
        var ready = new List<IPEndPoint>();
        foreach (var subset in endpoints?.Subsets ?? [])
        {
            foreach (var port in subset.Ports ?? [])
            {
                if ((port.Name ?? "") != (portName ?? "") || port.Protocol == "UDP" != isUdp)
                    continue;
                foreach (var address in subset.Addresses ?? [])
                {
                    if (IPAddress.TryParse(address.Ip, out var parsed))
                        ready.Add(new IPEndPoint(parsed, port.Port));
                }
            }
        }

        return ready;
    }

    private static TimeSpan? AffinityOf(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity != "ClientIP")
            return null;
        return spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultAffinityTimeout;
    }
}
