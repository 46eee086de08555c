using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Keeps the EndpointSlices of a service equal to the pods that its selector picks. A service without pods keeps one empty slice
/// for each address family.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/endpointslice.</remarks>
public sealed class EndpointSliceReconciler : IReconciler
{
    /// <summary>The most endpoints of a slice.</summary>
    public const int EndpointsMax = 100;

    private const string Manager = "endpointslice-controller.k8s.io";

    // Each zone keeps to its own endpoints. Proxies fall back to all endpoints where a zone has none.
    private const string PreferClose = "PreferClose";

    private static readonly SelectedByLabels Pods = new(WellKnownResources.Pods, service => EndpointsReconciler.SelectorOf((V1Service)service));
    private static readonly NodesOfPods Nodes = new(Pods);
    private static readonly NamingPrimary Managed = EndpointSlicePlanner.ManagedBy(Manager);
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.EndpointSlices);

    /// <inheritdoc/>
    public string Name => "endpointslice-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Services;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Pods, Nodes, Managed, Controlled];

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        // The garbage collector deletes the slices of a service that is gone.
        if (observation.Primary is not V1Service { Spec: not null, IsDeleting: false } service)
            return Plan.Nothing;
        var planner = new EndpointSlicePlanner(service, Manager, LabelsFor(service));
        var wanted = service.Spec.Type == "ExternalName" || EndpointsReconciler.SelectorOf(service).IsNothing
            ? []
            : Wanted(service, [.. observation.Of<V1Pod>(Pods)], ZonesOf(observation.Of<V1Node>(Nodes)));
        return planner.Plan(observation.Of<V1EndpointSlice>(Managed), observation.Of<V1EndpointSlice>(Controlled), wanted, EndpointsMax);
    }

    private static Dictionary<string, string> ZonesOf(IEnumerable<V1Node> nodes)
    {
        var zones = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (node.Metadata.Labels?.TryGetValue(TopologyLabels.Zone, out var zone) is true)
                zones[node.Metadata.Name] = zone;
        }

        return zones;
    }

    private static IEnumerable<SliceContent> Wanted(V1Service service, List<V1Pod> pods, Dictionary<string, string> zones)
    {
        foreach (var family in service.Spec.IpFamilies is { Count: > 0 } families ? families : ["IPv4"])
        {
            var addressed = pods
                .Where(pod => !pod.IsTerminal)
                .Select(pod => (Pod: pod, Ip: IpOf(pod, family)))
                .Where(one => one.Ip is not null)
                .OrderBy(one => one.Ip, StringComparer.Ordinal)
                .ThenBy(one => one.Pod.Metadata.Uid, StringComparer.Ordinal)
                .ToList();
            if (addressed.Count == 0)
            {
                yield return new SliceContent(family, [], []);
                continue;
            }

            foreach (var sameports in addressed.GroupBy(one => PortsOf(service, one.Pod), PortListComparer.Instance))
            {
                yield return new SliceContent(
                    family,
                    [.. sameports.Key.Select(port => new Discoveryv1EndpointPort
                    {
                        Name = port.Name,
                        Port = port.Number,
                        Protocol = port.Protocol,
                        AppProtocol = port.AppProtocol.Length == 0 ? null : port.AppProtocol,
                    })],
                    [.. sameports.Select(one => Endpoint(service, one.Pod, one.Ip!, zones))]);
            }
        }
    }

    private static string? IpOf(V1Pod pod, string family)
    {
        var all = pod.Status?.PodIPs is { Count: > 0 } ips ? ips.Select(ip => ip.Ip) : [pod.Status?.PodIP ?? ""];
        return all.FirstOrDefault(ip => !string.IsNullOrEmpty(ip) && SliceContent.AddressTypeOf(ip) == family);
    }

    private static List<EndpointPort> PortsOf(V1Service service, V1Pod pod) =>
    [
        .. (service.Spec.Ports ?? [])
            .Select(port => (Port: port, Number: TargetPort.Find(pod, port)))
            .Where(found => found.Number is not null)
            .Select(found => new EndpointPort(
                found.Port.Name ?? "", found.Number!.Value, found.Port.Protocol ?? "TCP", found.Port.AppProtocol ?? "")),
    ];

    /// <summary>
    /// A pod that is being deleted may still serve, so that clients can use it if no ready pod is left. It is never ready, unless
    /// the service publishes addresses that are not ready.
    /// </summary>
    private static V1Endpoint Endpoint(V1Service service, V1Pod pod, string ip, Dictionary<string, string> zones)
    {
        var isReady = service.Spec.PublishNotReadyAddresses is true || (pod.IsReady && !pod.IsDeleting);
        var node = pod.Spec?.NodeName is { Length: > 0 } name ? name : null;
        var zone = node is null ? null : zones.GetValueOrDefault(node);
        return new V1Endpoint
        {
            Addresses = [ip],
            Conditions = new V1EndpointConditions { Ready = isReady, Serving = pod.IsReady, Terminating = pod.IsDeleting },
            Hints = isReady && zone is not null && service.Spec.TrafficDistribution == PreferClose ? new V1EndpointHints { ForZones = [new V1ForZone { Name = zone }] } : null,
            Hostname = pod.Spec?.Hostname is { Length: > 0 } hostname && pod.Spec.Subdomain == service.Metadata.Name ? hostname : null,
            NodeName = node,
            Zone = zone,
            TargetRef = new V1ObjectReference
            {
                Kind = V1Pod.KubeKind,
                NamespaceProperty = pod.Metadata.NamespaceProperty,
                Name = pod.Metadata.Name,
                Uid = pod.Metadata.Uid,
            },
        };
    }

    private static Dictionary<string, string> LabelsFor(V1Service service)
    {
        var labels = service.Metadata.Labels is { } own ? new Dictionary<string, string>(own) : [];
        labels.Remove(EndpointsReconciler.HeadlessLabel);
        if (service.Spec.ClusterIP is null or "" or "None")
            labels[EndpointsReconciler.HeadlessLabel] = "";
        return labels;
    }

    /// <summary>Compares lists of ports by their items, in order.</summary>
    private sealed class PortListComparer : IEqualityComparer<List<EndpointPort>>
    {
        public static readonly PortListComparer Instance = new();

        public bool Equals(List<EndpointPort>? x, List<EndpointPort>? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.SequenceEqual(y));

        public int GetHashCode(List<EndpointPort> obj)
        {
            var hash = new HashCode();
            foreach (var port in obj)
                hash.Add(port);
            return hash.ToHashCode();
        }
    }
}
