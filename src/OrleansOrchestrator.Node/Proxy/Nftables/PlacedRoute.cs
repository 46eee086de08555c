using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>A service port in the table: its route, and the slots of its endpoints.</summary>
internal sealed class PlacedRoute
{
    // What Kubernetes allows.
    private const int AffinitySecondsMax = 86_400;

    private readonly Listening _at;
    private readonly ServiceRoute _route;
    private readonly IPEndPoint[] _slots;
    private readonly IPEndPoint[] _outsideSlots;

    /// <param name="at">Where it is served; 0.0.0.0 for a node port.</param>
    /// <param name="route">What it leads to.</param>
    /// <param name="former">What was placed there before, whose slots are kept as far as they can be; null for nothing.</param>
    public PlacedRoute(Listening at, ServiceRoute route, PlacedRoute? former)
    {
        _at = at;
        _route = route;
        _slots = SlotArrangement.Arrange(former?._slots ?? [], route.Endpoints);
        _outsideSlots = SlotArrangement.Arrange(former?._outsideSlots ?? [], route.OutsideEndpoints ?? []);
    }

    /// <summary>The route.</summary>
    public ServiceRoute Route => _route;

    /// <summary>Whether nobody gets an answer from an endpoint.</summary>
    public bool IsEmpty => _slots.Length + _outsideSlots.Length == 0;

    /// <summary>Whether connections may be with an endpoint.</summary>
    public bool LeadsTo(IPEndPoint endpoint) => Array.IndexOf(_slots, endpoint) >= 0 || Array.IndexOf(_outsideSlots, endpoint) >= 0;

    /// <summary>Whether every endpoint of another one is an endpoint of this one.</summary>
    public bool HasAllOf(PlacedRoute other) => _slots.Concat(_outsideSlots).ToHashSet() is var own && other._slots.Concat(other._outsideSlots).All(own.Contains);

    /// <summary>The chains to which the elements lead.</summary>
    public IEnumerable<EndpointChain> Chains
    {
        get
        {
            if (_slots.Length > 0)
                yield return ChainOf(_slots.Length, isOutside: false);
            if (_outsideSlots.Length > 0)
                yield return ChainOf(_outsideSlots.Length, isOutside: true);
        }
    }

    /// <summary>The elements in one set or map that only this service port has, with their values; sets have none.</summary>
    public IEnumerable<KeyValuePair<string, string>> ElementsIn(TableSet set)
    {
        var key = KeyOf(_at);
        return set switch
        {
            TableSet.Services => _slots.Length > 0 ? [new(key, $"goto {ChainOf(_slots.Length, isOutside: false).Name}")]
                : _route.IsServedElsewhere ? [new(key, "drop")]
                : [],
            TableSet.Outside when _route.OutsideEndpoints is not null => _outsideSlots.Length > 0 ? [new(key, $"goto {ChainOf(_outsideSlots.Length, isOutside: true).Name}")]
                : _slots.Length > 0 ? [new(key, "drop")]
                : [],
            TableSet.Endpoints when _route.AffinityTimeout is null => [.. Slots(key, _slots, EndpointChain.FirstSlot, TextOf), .. Slots(key, _outsideSlots, EndpointChain.FirstOutsideSlot, TextOf)],
            TableSet.Picks when _route.AffinityTimeout is not null =>
                [.. Picks(key, _slots, EndpointChain.FirstSlot), .. Picks(key, _outsideSlots, EndpointChain.FirstOutsideSlot)],
            TableSet.Live when _route.AffinityTimeout is not null => Live(key, _slots),
            TableSet.LiveOutside when _route.AffinityTimeout is not null => Live(key, _outsideSlots),
            TableSet.Refused when IsEmpty && _route.Scope != RouteScope.Cluster => [new(key, "")],
            TableSet.Guarded when _route.Sources is not null => [new(key, "")],
            TableSet.Allowed when _route.Sources is { } sources =>
                WithoutParts(sources.Where(range => range.BaseAddress.AddressFamily == _at.Address.AddressFamily))
                    .Select(range => new KeyValuePair<string, string>($"{key} . {range}", "")),
            _ => [],
        };
    }

    /// <summary>The elements in one set that others may have too.</summary>
    public IEnumerable<string> SharedIn(TableSet set) => set switch
    {
        TableSet.ClusterIPs when _route.Scope == RouteScope.Cluster => [_at.Address.ToString()],
        TableSet.Hairpins => _route.CallersHere.Select(address => $"{address} . {address}"),
        _ => [],
    };

    private static string KeyOf(Listening at) => string.Create(CultureInfo.InvariantCulture, $"{at.Address} . {NameOf(at.Protocol)} . {at.Port}");

    private static string NameOf(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Udp => "udp",
        TransportProtocol.Sctp => "sctp",
        _ => "tcp",
    };

    private static string TextOf(IPEndPoint endpoint) => string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address} . {endpoint.Port}");

    private EndpointChain ChainOf(int count, bool isOutside) => new(
        count,
        isOutside ? SourceMask.Nobody : MaskOf(_route),
        _route.AffinityTimeout is { } timeout ? (int)Math.Clamp(timeout.TotalSeconds, 1, AffinitySecondsMax) : 0,
        _route.Scope == RouteScope.NodePort,
        isOutside);

    /// <summary>
    /// Whoever comes from outside must get the answer from this machine, whose address he called. Under the policy <c>Local</c> clients
    /// outside only reach endpoints of this machine; what is left are pods, whose answers come back by themselves, and this machine.
    /// </summary>
    private static SourceMask MaskOf(ServiceRoute route) => route.Scope == RouteScope.Cluster ? SourceMask.Strangers
        : route.OutsideEndpoints is not null ? SourceMask.Host
        : SourceMask.Everybody;

    /// <summary>Ranges without those that are part of others: the kernel takes no overlaps.</summary>
    private static IEnumerable<IPNetwork> WithoutParts(IEnumerable<IPNetwork> ranges)
    {
        IPNetwork? last = null;
        foreach (var range in ranges.OrderBy(range => BinaryPrimitives.ReadUInt32BigEndian(range.BaseAddress.GetAddressBytes())).ThenBy(range => range.PrefixLength))
        {
            if (last?.Contains(range.BaseAddress) is true)
                continue;
            last = range;
            yield return range;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Slots(string key, IPEndPoint[] slots, uint first, Func<IPEndPoint, string> value)
    {
        for (var slot = 0; slot < slots.Length; slot++)
            yield return new($"{key} . {TableText.Priority(first + (uint)slot)}", value(slots[slot]));
    }

    private static IEnumerable<KeyValuePair<string, string>> Picks(string key, IPEndPoint[] slots, uint first)
    {
        var ids = EndpointId.Of(slots);
        return Slots(key, slots, first, endpoint => ids[endpoint]);
    }

    private static IEnumerable<KeyValuePair<string, string>> Live(string key, IPEndPoint[] slots) =>
        EndpointId.Of(slots).Select(one => new KeyValuePair<string, string>($"{key} . {one.Value}", TextOf(one.Key)));
}
