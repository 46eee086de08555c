using System.Net;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Computes what the proxy has to serve from a service and its endpoints. Pure.</summary>
internal static class RouteTable
{
    // Kubernetes' default of sessionAffinityConfig.
    private static readonly TimeSpan DefaultAffinityTimeout = TimeSpan.FromHours(3);

    /// <summary>The routes of one service, in the order of its ports.</summary>
    /// <param name="service">The service.</param>
    /// <param name="endpoints">Its endpoints; null if there are none.</param>
    /// <param name="nodePortAddresses">Where node ports are served.</param>
    /// <param name="countMax">The most routes that are wanted: what a service has beyond its budget costs nothing.</param>
    public static IEnumerable<KeyValuePair<Listening, ServiceRoute>> Of(
        V1Service service, V1Endpoints? endpoints, IReadOnlyList<IPAddress> nodePortAddresses, int countMax)
    {
        if (service.Spec is not { Type: not "ExternalName" } spec)
            return [];
        var key = $"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}";
        var affinity = AffinityOf(spec);
        var clusterIP = AddressSyntax.TryParse(spec.ClusterIP ?? "", out var parsed) ? parsed : null;
        var ready = ReadyEndpoints(endpoints);
        return (spec.Ports ?? []).Where(port => port.Protocol is null or "TCP" or "UDP").SelectMany(RoutesOf).Take(countMax);

        IEnumerable<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1ServicePort port)
        {
            var isUdp = port.Protocol == "UDP";
            var route = new ServiceRoute(key, ready.GetValueOrDefault((port.Name ?? "", isUdp), []), affinity);
            if (clusterIP is not null)
                yield return new(new Listening(clusterIP, port.Port, isUdp), route);
            if (port.NodePort is not > 0)
                yield break;
            foreach (var address in nodePortAddresses)
                yield return new(new Listening(address, port.NodePort.Value, isUdp), route);
        }
    }

    /// <summary>The ready endpoints of each port, by name and protocol.</summary>
    private static Dictionary<(string Name, bool IsUdp), List<IPEndPoint>> ReadyEndpoints(V1Endpoints? endpoints)
    {
        var ready = new Dictionary<(string, bool), List<IPEndPoint>>();
        foreach (var subset in endpoints?.Subsets ?? [])
        {
            var addresses = (subset.Addresses ?? []).Select(address => AddressSyntax.TryParse(address.Ip ?? "", out var parsed) ? parsed : null).OfType<IPAddress>().ToList();
            foreach (var port in subset.Ports ?? [])
            {
                var key = (port.Name ?? "", port.Protocol == "UDP");
                if (!ready.TryGetValue(key, out var known))
                    ready[key] = known = [];
                known.AddRange(addresses.Select(address => new IPEndPoint(address, port.Port)));
            }
        }

        return ready;
    }

    private static TimeSpan? AffinityOf(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity != "ClientIP")
            return null;
        return spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? Waits.Seconds(seconds) : DefaultAffinityTimeout;
    }
}
