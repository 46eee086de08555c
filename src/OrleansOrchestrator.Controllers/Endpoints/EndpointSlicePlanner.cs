using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Distributes endpoints over slices so that few slices change. An endpoint stays in its slice. New endpoints go first into slices
/// that change anyway. A slice that is no longer needed is reused before a new one is created.
/// </summary>
/// <remarks>
/// See k8s.io/endpointslice. Names are derived from owner, address type, ports and number, so that a plan that is applied twice writes
/// the same objects. The work is in proportion to endpoints and slices, however many sets of ports there are.
/// </remarks>
/// <param name="owner">The owner of the slices.</param>
/// <param name="manager">The controller that manages them.</param>
/// <param name="labels">Their labels, besides those that name owner and manager.</param>
internal sealed class EndpointSlicePlanner(KubeObject owner, string manager, IReadOnlyDictionary<string, string> labels)
{
    /// <summary>The label that names a slice's service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>The label with the controller that manages a slice.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    /// <summary>The most writes of a plan; the next one goes on.</summary>
    public const int BurstMax = 500;

    private const int HashLength = 5;

    private readonly Dictionary<string, string> _labels = new(labels) { [ServiceNameLabel] = owner.Metadata.Name, [ManagedByLabel] = manager };

    /// <summary>The annotations of the slices; null to leave them as they are.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>The slices that a manager has for a primary, whoever controls them now.</summary>
    /// <param name="manager">The controller that manages them.</param>
    public static NamingPrimary ManagedBy(string manager) => new(WellKnownResources.EndpointSlices, slice =>
        slice.Metadata.Labels is { } labels
        && labels.TryGetValue(ManagedByLabel, out var by) && by == manager
        && labels.TryGetValue(ServiceNameLabel, out var service) ? new ObjectKey(slice.Key.Namespace, service) : null);

    /// <summary>Plans.</summary>
    /// <param name="managed">The slices that the manager has for the owner.</param>
    /// <param name="controlled">The slices that the owner controls. Those of another manager are left alone; their names are taken.</param>
    /// <param name="wanted">The wanted contents of the slices.</param>
    /// <param name="endpointsMax">The most endpoints of a slice.</param>
    public Plan Plan(IEnumerable<V1EndpointSlice> managed, IEnumerable<V1EndpointSlice> controlled, IEnumerable<SliceContent> wanted, int endpointsMax)
    {
        var present = managed.ToList();
        var names = present.Concat(controlled).Select(slice => slice.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        var byContent = present.Where(slice => !slice.IsDeleting)
            .OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)
            .GroupBy(slice => KeyOf(slice.AddressType, slice.Ports))
            .ToDictionary(group => group.Key, group => group.ToList());
        var slices = new List<(V1EndpointSlice? Current, V1EndpointSlice Wanted)>();
        var unused = new List<V1EndpointSlice>();
        foreach (var content in wanted)
        {
            byContent.Remove(KeyOf(content.AddressType, content.Ports), out var fitting);
            var (kept, emptied) = Place(content, fitting ?? [], endpointsMax);
            unused.AddRange(emptied);
            slices.AddRange(kept);
        }

        unused.AddRange(byContent.Values.SelectMany(group => group));
        var reusable = unused.OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)
            .GroupBy(slice => slice.AddressType, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new Queue<V1EndpointSlice>(group), StringComparer.Ordinal);
        var actions = new List<ObjectAction>();
        var numbers = new Dictionary<(string, string), int>();
        foreach (var (current, slice) in slices)
        {
            var reused = current ?? (reusable.TryGetValue(slice.AddressType, out var left) && left.TryDequeue(out var next) ? next : null);
            if (reused is null)
                actions.Add(new CreateObject(WellKnownResources.EndpointSlices, Named(slice, names, numbers)));
            else if (Changed(reused, slice) is { } changed)
                actions.Add(new UpdateObject(WellKnownResources.EndpointSlices, changed));
        }

        actions.AddRange(reusable.Values.SelectMany(left => left)
            .OrderBy(slice => slice.Metadata.Name, StringComparer.Ordinal)
            .Select(slice => new DeleteObject(WellKnownResources.EndpointSlices, slice.Key, slice.Metadata.Uid)));
        return actions.Count == 0 ? Reconciling.Plan.Nothing : new Plan
        {
            Actions = actions.Count <= BurstMax ? actions : actions.GetRange(0, BurstMax),
            RequeueAfter = actions.Count <= BurstMax ? null : TimeSpan.Zero,
        };
    }

    private static (string AddressType, string Ports) KeyOf(string addressType, IList<Discoveryv1EndpointPort>? ports) =>
        (addressType, string.Join('\n', (ports ?? []).Select(port => Encoding.UTF8.GetString(ObjectCodec.Encode(port)))));

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

    private V1EndpointSlice Named(V1EndpointSlice slice, HashSet<string> names, Dictionary<(string, string), int> numbers)
    {
        var key = KeyOf(slice.AddressType, slice.Ports);
        for (var i = numbers.GetValueOrDefault(key); ; i++)
        {
            var text = $"{owner.Metadata.Uid}/{key.AddressType}/{key.Ports}/{i}";
            slice.Metadata.Name = $"{owner.Metadata.Name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength]}";
            if (!names.Add(slice.Metadata.Name))
                continue;
            numbers[key] = i + 1;
            return slice;
        }
    }

    /// <summary>The current slice with the wanted content; null if it has that content already.</summary>
    private V1EndpointSlice? Changed(V1EndpointSlice current, V1EndpointSlice wanted)
    {
        if (ObjectFacts.SameJson(current.Endpoints ?? [], wanted.Endpoints) && ObjectFacts.SameJson(current.Ports ?? [], wanted.Ports)
            && LabelSet.From(current.Metadata.Labels).Equals(LabelSet.From(wanted.Metadata.Labels))
            && current.Controller?.Uid == wanted.Controller?.Uid
            && (Annotations is null || LabelSet.From(current.Metadata.Annotations).Equals(LabelSet.From(Annotations))))
        {
            return null;
        }

        var changed = ObjectCodec.Clone(current);
        changed.Metadata.Labels = wanted.Metadata.Labels;
        if (current.Controller?.Uid != wanted.Controller?.Uid)
            changed.Metadata.OwnerReferences = wanted.Metadata.OwnerReferences;
        if (Annotations is not null)
            changed.Metadata.Annotations = wanted.Metadata.Annotations;
        changed.Endpoints = wanted.Endpoints;
        changed.Ports = wanted.Ports;
        return changed;
    }
}
