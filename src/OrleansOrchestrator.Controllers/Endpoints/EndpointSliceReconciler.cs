using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Shows every Endpoints object as EndpointSlices too, whoever keeps it: each subset becomes one slice, or several where it
/// has more addresses than a slice holds. The slices belong to the Endpoints and go with them.
/// </summary>
/// <remarks>
/// Kubernetes computes slices from pods, and mirrors only the Endpoints that users keep. Here both come from one
/// computation, so that they cannot disagree.
/// </remarks>
public sealed class EndpointSliceReconciler : IReconciler
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";
    private const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private const int EndpointsMax = 1000;
    private const int HashLength = 5;

    private static readonly ResourceName Slices = new("endpointslices", "discovery.k8s.io");

    /// <inheritdoc/>
    public string Name => "endpointslice-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Endpoints;

    /// <inheritdoc/>
    public IReadOnlyList<Dependency> Dependencies { get; } =
        [new SelectedObjects(Slices, endpoints => SelectorOf(endpoints.Metadata.Name), IncludeOwned: true)];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Endpoints endpoints || endpoints.IsDeleting)
            return Plan.Nothing;
        var present = observation.Dependents<V1EndpointSlice>(Slices)
            .Where(slice => slice.Controller?.Uid == endpoints.Metadata.Uid)
            .ToDictionary(slice => slice.Metadata.Name, StringComparer.Ordinal);
        var actions = new List<ObjectAction>();
        foreach (var wanted in Wanted(endpoints))
        {
            if (!present.Remove(wanted.Metadata.Name, out var current))
                actions.Add(new CreateObject(Slices, wanted));
            else if (Changed(current, wanted) is { } changed)
                actions.Add(new UpdateObject(Slices, changed));
        }

        actions.AddRange(present.Values.Where(slice => !slice.IsDeleting)
            .OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)
            .Select(slice => new DeleteObject(Slices, slice.Key, slice.Metadata.Uid)));
        return actions.Count == 0 ? Plan.Nothing : new Plan { Actions = actions };
    }

    private static LabelSelector SelectorOf(string service) =>
        LabelSelector.FromMap(new Dictionary<string, string> { [ServiceNameLabel] = service });

    private List<V1EndpointSlice> Wanted(V1Endpoints endpoints)
    {
        var slices = new List<V1EndpointSlice>();
        foreach (var subset in endpoints.Subsets ?? [])
        {
            var all = (subset.Addresses ?? []).Select(address => Endpoint(address, isReady: true))
                .Concat((subset.NotReadyAddresses ?? []).Select(address => Endpoint(address, isReady: false)));
            foreach (var part in all.Chunk(EndpointsMax))
                slices.Add(Slice(endpoints, slices.Count, part, subset.Ports ?? []));
        }

        return slices;
    }

    private V1EndpointSlice Slice(V1Endpoints endpoints, int index, IList<V1Endpoint> part, IList<Corev1EndpointPort> ports) => new()
    {
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = endpoints.Metadata.NamespaceProperty,
            Name = $"{endpoints.Metadata.Name}-{Hash(endpoints.Metadata.Uid, index)}",
            Labels = new Dictionary<string, string> { [ServiceNameLabel] = endpoints.Metadata.Name, [ManagedByLabel] = Name },
            OwnerReferences =
            [
                new V1OwnerReference
                {
                    ApiVersion = V1Endpoints.KubeApiVersion,
                    Kind = V1Endpoints.KubeKind,
                    Name = endpoints.Metadata.Name,
                    Uid = endpoints.Metadata.Uid,
                    Controller = true,
                    BlockOwnerDeletion = true,
                },
            ],
        },
        AddressType = part[0].Addresses[0].Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4",
        Endpoints = part,
        Ports =
        [
            .. ports.Select(port => new Discoveryv1EndpointPort
            {
                Name = port.Name ?? "",
                Port = port.Port,
                Protocol = port.Protocol ?? "TCP",
                AppProtocol = port.AppProtocol,
            }),
        ],
    };

    private static V1Endpoint Endpoint(V1EndpointAddress address, bool isReady) => new()
    {
        Addresses = [address.Ip],
        Conditions = new V1EndpointConditions { Ready = isReady, Serving = isReady, Terminating = false },
        Hostname = address.Hostname,
        NodeName = address.NodeName,
        TargetRef = address.TargetRef,
    };

    /// <summary>The present slice with what it should show; null if it shows that already.</summary>
    private static V1EndpointSlice? Changed(V1EndpointSlice current, V1EndpointSlice wanted)
    {
        if (ObjectFacts.SameJson(current.Endpoints, wanted.Endpoints) && ObjectFacts.SameJson(current.Ports, wanted.Ports))
            return null;
        var changed = ObjectCodec.Clone(current);
        changed.Endpoints = wanted.Endpoints;
        changed.Ports = wanted.Ports;
        return changed;
    }

    /// <summary>Names follow from what they are for, so that a plan that is applied twice writes the same objects.</summary>
    private static string Hash(string uid, int index)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{uid}/{index}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
    }
}
