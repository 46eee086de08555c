using System.Net;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Computes what the proxy has to serve from a service and its slices. Pure.</summary>
internal static class RouteTable
{
    /// <summary>The labels of services, and of their slices, that kube-proxy leaves alone: headless ones, and those that another proxy serves.</summary>
    public static readonly IReadOnlyList<string> LabelsOfOthers = ["service.kubernetes.io/headless", "service.kubernetes.io/service-proxy-name"];

    // Kubernetes' default of sessionAffinityConfig.
    private static readonly TimeSpan DefaultAffinityTimeout = TimeSpan.FromHours(3);

    /// <summary>The routes of one service, in the order of its ports.</summary>
    /// <param name="service">The service.</param>
    /// <param name="slices">Its slices. Only those of its address's family count.</param>
    /// <param name="nodePortAddresses">Where node ports are served.</param>
    /// <param name="countMax">The most routes that are wanted: what a service has beyond its budget costs nothing.</param>
    public static IEnumerable<KeyValuePair<Listening, ServiceRoute>> Of(
        V1Service service, IEnumerable<ProxiedSlice> slices, IReadOnlyList<IPAddress> nodePortAddresses, int countMax)
    {
        if (service.Spec is not { Type: not "ExternalName" } spec || LabelsOfOthers.Any(label => service.Metadata.Labels?.ContainsKey(label) is true))
            return [];
        var key = $"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}";
        var affinity = AffinityOf(spec);
        var clusterIP = AddressSyntax.TryParse(spec.ClusterIP ?? "", out var parsed) ? parsed : null;
        var endpoints = EndpointsByPort(slices.Where(slice => clusterIP is null || slice.Family == clusterIP.AddressFamily));
        return (spec.Ports ?? []).Where(port => port.Protocol is null or "TCP" or "UDP").SelectMany(RoutesOf).Take(countMax);

        IEnumerable<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1ServicePort port)
        {
            var isUdp = port.Protocol == "UDP";
            var route = new ServiceRoute(key, endpoints.GetValueOrDefault((port.Name ?? "", isUdp), []), affinity);
            if (clusterIP is not null)
                yield return new(new Listening(clusterIP, port.Port, isUdp), route);
            if (port.NodePort is not > 0)
                yield break;
            foreach (var address in nodePortAddresses)
                yield return new(new Listening(address, port.NodePort.Value, isUdp), route);
        }
    }

    /// <summary>
    /// The endpoints of each port, by name and protocol: those that are ready in any slice; without any of these, those that are about to
    /// end and serve still, so that connections find somebody to the last.
    /// </summary>
    private static Dictionary<(string Name, bool IsUdp), List<IPEndPoint>> EndpointsByPort(IEnumerable<ProxiedSlice> slices)
    {
        var all = new Dictionary<(string, bool), OrderedDictionary<IPEndPoint, bool>>();
        foreach (var slice in slices)
        {
            foreach (var port in slice.Ports)
            {
                if (!all.TryGetValue((port.Name, port.IsUdp), out var known))
                    all[(port.Name, port.IsUdp)] = known = [];
                foreach (var endpoint in slice.Endpoints)
                {
                    var address = new IPEndPoint(endpoint.Address, port.Number);
                    known[address] = endpoint.IsReady || known.GetValueOrDefault(address);
                }
            }
        }

        return all.ToDictionary(port => port.Key, port => UsedOf(port.Value));

        static List<IPEndPoint> UsedOf(OrderedDictionary<IPEndPoint, bool> endpoints)
        {
            var isAnyReady = endpoints.ContainsValue(true);
            return [.. endpoints.Where(endpoint => endpoint.Value == isAnyReady).Select(endpoint => endpoint.Key)];
        }
    }

    private static TimeSpan? AffinityOf(V1ServiceSpec spec)
    {
        if (spec.SessionAffinity != "ClientIP")
            return null;
        return spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds ? Waits.Seconds(seconds) : DefaultAffinityTimeout;
    }
}
