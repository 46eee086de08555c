using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Mirrors Endpoints of services without a selector, which users write, into EndpointSlices. Endpoints without a service are not
/// mirrored. The endpoint slice controller serves services with a selector.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/endpointslicemirroring. Kubernetes drops addresses beyond 1,000 of a subset; here they go
/// into a further slice.
/// </remarks>
public sealed class EndpointSliceMirroringReconciler : IReconciler
{
    /// <summary>The most endpoints of a slice.</summary>
    public const int EndpointsMax = 1000;

    /// <summary>The label by which Endpoints opt out of mirroring.</summary>
    public const string SkipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror";

    // Of the object itself, not of what it says.
    private static readonly string[] OwnAnnotations = ["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];

    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
    private const string Manager = "endpointslicemirroring-controller.k8s.io";

    private static readonly SameName Mirrored = new(WellKnownResources.Services);
    private static readonly NamingPrimary Managed = EndpointSlicePlanner.ManagedBy(Manager);
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.EndpointSlices);

    /// <inheritdoc/>
    public string Name => "endpointslice-mirroring-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Endpoints;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("endpointslicemirroring-controller");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Mirrored, Managed, Controlled];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Endpoints { IsDeleting: false } endpoints)
            return Plan.Nothing;
        var service = observation.Of<V1Service>(Mirrored).FirstOrDefault();
        var planner = new EndpointSlicePlanner(endpoints, Manager, LabelsFor(endpoints)) { Annotations = AnnotationsFor(endpoints) };
        return planner.Plan(
            observation.Of<V1EndpointSlice>(Managed), observation.Of<V1EndpointSlice>(Controlled),
            IsMirrored(endpoints, service) ? Wanted(endpoints) : [],
            EndpointsMax);
    }

    private static bool IsMirrored(V1Endpoints endpoints, V1Service? service) =>
        service is { Spec: not null, IsDeleting: false }
        && EndpointsReconciler.SelectorOf(service).IsNothing
        && !(endpoints.Metadata.Labels?.TryGetValue(SkipMirrorLabel, out var skip) is true && skip == "true")
        && endpoints.Metadata.Annotations?.ContainsKey(LeaderAnnotation) is not true;

    private static Dictionary<string, string> LabelsFor(V1Endpoints endpoints)
    {
        var labels = endpoints.Metadata.Labels is { } own ? new Dictionary<string, string>(own) : [];
        labels.Remove(EndpointsReconciler.ManagedByLabel);
        labels.Remove(SkipMirrorLabel);
        return labels;
    }

    private static Dictionary<string, string> AnnotationsFor(V1Endpoints endpoints) =>
        (endpoints.Metadata.Annotations ?? new Dictionary<string, string>()).ExceptBy(OwnAnnotations, annotation => annotation.Key).ToDictionary();

    private static IEnumerable<SliceContent> Wanted(V1Endpoints endpoints)
    {
        // Subsets with the same ports share slices.
        var contents = new Dictionary<(string Type, string Ports), (List<Discoveryv1EndpointPort> Ports, List<V1Endpoint> Endpoints)>();
        foreach (var subset in endpoints.Subsets ?? [])
        {
            var ports = PortsOf(subset);
            var text = string.Join('\n', ports.Select(port => $"{port.Name} {port.Port} {port.Protocol} {port.AppProtocol}"));
            foreach (var endpoint in EndpointsOf(subset))
            {
                var key = (SliceContent.AddressTypeOf(endpoint.Addresses[0]), text);
                if (!contents.TryGetValue(key, out var content))
                    contents[key] = content = (ports, []);
                content.Endpoints.Add(endpoint);
            }
        }

        return contents
            .OrderBy(content => content.Key.Type, StringComparer.Ordinal)
            .ThenBy(content => content.Key.Ports, StringComparer.Ordinal)
            .Select(content => new SliceContent(content.Key.Type, content.Value.Ports, content.Value.Endpoints));
    }

    private static IEnumerable<V1Endpoint> EndpointsOf(V1EndpointSubset subset) =>
        (subset.Addresses ?? []).Select(address => Endpoint(address, isReady: true))
            .Concat((subset.NotReadyAddresses ?? []).Select(address => Endpoint(address, isReady: false)));

    private static List<Discoveryv1EndpointPort> PortsOf(V1EndpointSubset subset) =>
    [
        .. (subset.Ports ?? []).Select(port => new Discoveryv1EndpointPort
        {
            Name = port.Name ?? "",
            Port = port.Port,
            Protocol = port.Protocol ?? "TCP",
            AppProtocol = port.AppProtocol,
        }),
    ];

    private static V1Endpoint Endpoint(V1EndpointAddress address, bool isReady) => new()
    {
        Addresses = [address.Ip],
        Conditions = new V1EndpointConditions { Ready = isReady },
        Hostname = address.Hostname,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };
}
