using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Distributes endpoints over slices so that few slices change. An endpoint stays in its slice. New endpoints go first into slices
/// that change anyway. A slice that is no longer needed is reused before a new one is created.
/// </summary>
/// <remarks>
/// See k8s.io/endpointslice. Names are derived from owner, address type and number, so that a plan that is applied twice writes the
/// same objects.
/// </remarks>
/// <param name="owner">The owner of the slices.</param>
/// <param name="manager">The controller that manages them. A slice of the owner that says another one is left alone.</param>
/// <param name="labels">Their labels, besides those that name owner and manager.</param>
internal sealed class EndpointSlicePlanner(KubeObject owner, string manager, IReadOnlyDictionary<string, string> labels)
{
    /// <summary>The label that names a slice's service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>The label with the controller that manages a slice.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    private const int HashLength = 5;

    private readonly Dictionary<string, string> _labels = new(labels) { [ServiceNameLabel] = owner.Metadata.Name, [ManagedByLabel] = manager };

    /// <summary>The annotations of the slices; null to leave them as they are.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Plans.</summary>
    /// <param name="present">All slices that the owner controls.</param>
    /// <param name="wanted">The wanted contents of the slices.</param>
    /// <param name="endpointsMax">The most endpoints of a slice.</param>
    public Plan Plan(IEnumerable<V1EndpointSlice> present, IEnumerable<SliceContent> wanted, int endpointsMax)
    {
        var unused = new List<V1EndpointSlice>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var slice in present.OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal))
        {
            names.Add(slice.Metadata.Name);
            if (!slice.IsDeleting && IsManaged(slice))
                unused.Add(slice);
        }

        var slices = new List<(V1EndpointSlice? Current, V1EndpointSlice Wanted)>();
        foreach (var content in wanted)
        {
            var fitting = unused.FindAll(slice => slice.AddressType == content.AddressType && ObjectFacts.SameJson(slice.Ports ?? [], content.Ports));
            unused.RemoveAll(fitting.Contains);
            var (kept, emptied) = Place(content, fitting, endpointsMax);
            unused.AddRange(emptied);
            slices.AddRange(kept);
        }

        var actions = new List<ObjectAction>();
        foreach (var (current, slice) in slices)
        {
            var reused = current ?? TakeUnused(unused, slice.AddressType);
            if (reused is null)
                actions.Add(new CreateObject(WellKnownResources.EndpointSlices, Named(slice, names)));
            else if (Changed(reused, slice) is { } changed)
                actions.Add(new UpdateObject(WellKnownResources.EndpointSlices, changed));
        }

        actions.AddRange(unused
            .OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)
            .Select(slice => new DeleteObject(WellKnownResources.EndpointSlices, slice.Key, slice.Metadata.Uid)));
        return actions.Count == 0 ? Reconciling.Plan.Nothing : new Plan { Actions = actions };
    }

    private bool IsManaged(V1EndpointSlice slice) => slice.Metadata.Labels is { } present
        && present.TryGetValue(ManagedByLabel, out var by) && by == manager
        && present.TryGetValue(ServiceNameLabel, out var service) && service == owner.Metadata.Name;

    private (List<(V1EndpointSlice? Current, V1EndpointSlice Wanted)> Kept, List<V1EndpointSlice> Emptied) Place(
        SliceContent content, List<V1EndpointSlice> fitting, int endpointsMax)
    {
        var left = new OrderedDictionary<(string, string?), V1Endpoint>();
        foreach (var endpoint in content.Endpoints)
            left.TryAdd(IdentityOf(endpoint), endpoint);

        var filled = new List<(V1EndpointSlice? Current, List<V1Endpoint> Endpoints)>();
        foreach (var slice in fitting)
        {
            var stay = new List<V1Endpoint>();
            foreach (var endpoint in slice.Endpoints ?? [])
            {
                if (stay.Count < endpointsMax && left.Remove(IdentityOf(endpoint), out var current))
                    stay.Add(current);
            }

            filled.Add((slice, stay));
        }

        var rest = new Queue<V1Endpoint>(left.Values);
        foreach (var (_, endpoints) in filled.OrderBy(slice => IsUnchanged(slice.Current!, slice.Endpoints)).ThenByDescending(slice => slice.Endpoints.Count))
        {
            while (endpoints.Count < endpointsMax && endpoints.Count > 0 && rest.TryDequeue(out var next))
                endpoints.Add(next);
        }

        // Slices that lost all their endpoints are filled last, so that they can be deleted.
        foreach (var (_, endpoints) in filled)
        {
            while (endpoints.Count < endpointsMax && rest.TryDequeue(out var next))
                endpoints.Add(next);
        }

        foreach (var part in rest.Chunk(endpointsMax))
            filled.Add((null, [.. part]));

        var mayBeEmpty = content.Endpoints.Count == 0;
        if (mayBeEmpty && filled.Count == 0)
            filled.Add((null, []));
        var kept = filled.Where((slice, i) => slice.Endpoints.Count > 0 || (mayBeEmpty && i == 0)).ToList();
        return (
            kept.ConvertAll(slice => (slice.Current, Slice(content, slice.Endpoints))),
            [.. filled.Except(kept).Select(slice => slice.Current!)]);
    }

    private static bool IsUnchanged(V1EndpointSlice current, List<V1Endpoint> endpoints) => ObjectFacts.SameJson(current.Endpoints ?? [], endpoints);

    private static (string Address, string? Uid) IdentityOf(V1Endpoint endpoint) =>
        (endpoint.Addresses is [var first, ..] ? first : "", endpoint.TargetRef?.Uid);

    private static V1EndpointSlice? TakeUnused(List<V1EndpointSlice> unused, string addressType)
    {
        var i = unused.FindIndex(slice => slice.AddressType == addressType);
        if (i < 0)
            return null;
        var taken = unused[i];
        unused.RemoveAt(i);
        return taken;
    }

    private V1EndpointSlice Slice(SliceContent content, IList<V1Endpoint> endpoints) => new()
    {
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = owner.Metadata.NamespaceProperty,
            Labels = new Dictionary<string, string>(_labels),
            Annotations = Annotations is { Count: > 0 } ? new Dictionary<string, string>(Annotations) : null,
            OwnerReferences =
            [
                new V1OwnerReference
                {
                    ApiVersion = owner.ApiVersion,
                    Kind = owner.Kind,
                    Name = owner.Metadata.Name,
                    Uid = owner.Metadata.Uid,
                    Controller = true,
                    BlockOwnerDeletion = true,
                },
            ],
        },
        AddressType = content.AddressType,
        Endpoints = endpoints,
        Ports = content.Ports,
    };

    private V1EndpointSlice Named(V1EndpointSlice slice, HashSet<string> names)
    {
        for (var i = 0; ; i++)
        {
            var text = $"{owner.Metadata.Uid}/{slice.AddressType}/{i}";
            slice.Metadata.Name = $"{owner.Metadata.Name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength]}";
            if (names.Add(slice.Metadata.Name))
                return slice;
        }
    }

    /// <summary>The current slice with the wanted content; null if it has that content already.</summary>
    private V1EndpointSlice? Changed(V1EndpointSlice current, V1EndpointSlice wanted)
    {
        if (ObjectFacts.SameJson(current.Endpoints ?? [], wanted.Endpoints) && ObjectFacts.SameJson(current.Ports ?? [], wanted.Ports)
            && LabelSet.From(current.Metadata.Labels).Equals(LabelSet.From(wanted.Metadata.Labels))
            && (Annotations is null || LabelSet.From(current.Metadata.Annotations).Equals(LabelSet.From(Annotations))))
        {
            return null;
        }

        var changed = ObjectCodec.Clone(current);
        changed.Metadata.Labels = wanted.Metadata.Labels;
        if (Annotations is not null)
            changed.Metadata.Annotations = wanted.Metadata.Annotations;
        changed.Endpoints = wanted.Endpoints;
        changed.Ports = wanted.Ports;
        return changed;
    }
}
