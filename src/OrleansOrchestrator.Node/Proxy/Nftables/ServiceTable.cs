using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// What our table should contain, by service, and how to get there: by a change, or as a whole. It does nothing itself. A change costs
/// what the service has, not what the table has.
/// </summary>
internal sealed class ServiceTable(TableSettings settings)
{
    private static readonly TableSet[] Own =
    [
        TableSet.Services, TableSet.Outside, TableSet.Endpoints, TableSet.Picks, TableSet.Live, TableSet.LiveOutside, TableSet.Refused, TableSet.Guarded,
        TableSet.Allowed,
    ];

    private static readonly TableSet[] Shared = [TableSet.ClusterIPs, TableSet.Hairpins];

    // Chains of services that have changed may be of use again.
    private const int UnusedChainsMax = 256;

    private readonly Dictionary<ObjectKey, Dictionary<Listening, PlacedRoute>> _services = [];
    private readonly Dictionary<Listening, ObjectKey> _owners = [];
    private readonly Dictionary<Listening, SortedSet<ObjectKey>> _waiting = [];
    private readonly Dictionary<TableElement, int> _shared = [];
    private readonly HashSet<EndpointChain> _chains = [];
    private IReadOnlyList<string> _bridges = [];

    /// <summary>The services in the table.</summary>
    public IReadOnlyCollection<ObjectKey> Services => _services.Keys;

    /// <summary>The addresses of pods of this node that are endpoints.</summary>
    public IReadOnlyCollection<IPAddress> PodsHere =>
        [.. _shared.Keys.Where(element => element.Set == TableSet.Hairpins).Select(element => AddressSyntax.Parse(element.Key.Split(' ')[0]))];

    /// <summary>What is served at an address and port; null for nothing.</summary>
    public PlacedRoute? At(Listening at) => _owners.TryGetValue(at, out var owner) ? _services[owner][at] : null;

    /// <summary>What a service has in the table. A copy, which stays as it is.</summary>
    public IReadOnlyDictionary<Listening, PlacedRoute> RoutesOf(ObjectKey service) =>
        new Dictionary<Listening, PlacedRoute>(_services.GetValueOrDefault(service, []));

    /// <summary>Gives a service its routes from now on.</summary>
    /// <param name="service">The service.</param>
    /// <param name="routes">All of its routes; none if it is gone. What the kernel could not take is left out.</param>
    /// <param name="change">Receives what becomes different.</param>
    /// <returns>Services that wanted an address and port that this one has given up, and can be given their routes now.</returns>
    public IReadOnlyCollection<ObjectKey> Set(ObjectKey service, IEnumerable<KeyValuePair<Listening, ServiceRoute>> routes, TableChange change)
    {
        var wanted = new Dictionary<Listening, ServiceRoute>();
        foreach (var (at, route) in routes.Where(IsPossible))
            wanted.TryAdd(at, route);
        var placed = _services.GetValueOrDefault(service, []);
        var successors = new HashSet<ObjectKey>();
        foreach (var at in placed.Keys.Where(at => !wanted.ContainsKey(at)).ToList())
        {
            placed.Remove(at, out var former);
            Replace(former, null, change);
            _owners.Remove(at);
            if (_waiting.Remove(at, out var waiting))
                successors.UnionWith(waiting);
        }

        foreach (var (at, route) in wanted)
        {
            if (_owners.TryGetValue(at, out var owner) && owner != service)
            {
                Wait(at, service);
                continue;
            }

            var former = placed.GetValueOrDefault(at);
            if (former is not null && ReferenceEquals(former.Route, route))
                continue;
            var next = new PlacedRoute(at, route, former);
            Replace(former, next, change);
            (placed[at], _owners[at]) = (next, service);
        }

        if (placed.Count > 0)
            _services[service] = placed;
        else
            _services.Remove(service);
        return successors;
    }

    /// <summary>Sets the bridges whose pods answer each other past this machine.</summary>
    public void SetBridges(IReadOnlyList<string> bridges, TableChange change)
    {
        foreach (var gone in _bridges.Except(bridges))
            change.Replace(BridgeElement(gone), "", null);
        foreach (var come in bridges.Except(_bridges))
            change.Replace(BridgeElement(come), null, "");
        _bridges = bridges;
    }

    /// <summary>The chains to which nothing leads any more; none as long as there are few.</summary>
    /// <param name="max">How many are few.</param>
    public IReadOnlyList<EndpointChain> Unused(int max = UnusedChainsMax)
    {
        if (_chains.Count <= max)
            return [];
        var used = _services.Values.SelectMany(service => service.Values).SelectMany(route => route.Chains).ToHashSet();
        var unused = _chains.Where(chain => !used.Contains(chain)).ToList();
        return unused.Count > max ? unused : [];
    }

    /// <summary>The table has these chains no more.</summary>
    public void Forget(IEnumerable<EndpointChain> chains) => _chains.ExceptWith(chains);

    /// <summary>Writes the whole table as one transaction.</summary>
    /// <param name="text">Receives it.</param>
    /// <param name="adopts">Whether to take over the table that is there, with its notes which client got which endpoint: this fails if
    /// there is none of our shape. Otherwise a table that is there is replaced.</param>
    public void WriteWhole(TextWriter text, bool adopts)
    {
        if (adopts)
            TableText.WriteAdoption(text, settings);
        else
            TableText.WriteRemoval(text, settings);
        TableText.WriteDeclaration(text, settings);
        TableText.WriteChains(text, settings, _chains);
        foreach (var set in Own)
            ElementText.WriteAdditions(text, settings, set, _services.Values.SelectMany(service => service.Values).SelectMany(route => route.ElementsIn(set)));
        foreach (var set in Shared)
        {
            ElementText.WriteAdditions(
                text, settings, set, _shared.Keys.Where(element => element.Set == set).Select(element => KeyValuePair.Create(element.Key, "")));
        }

        ElementText.WriteAdditions(text, settings, TableSet.Bridges, _bridges.Select(bridge => KeyValuePair.Create(BridgeElement(bridge).Key, "")));
    }

    /// <summary>The table is of IPv4, and 0.0.0.0 in it stands for node ports.</summary>
    private static bool IsPossible(KeyValuePair<Listening, ServiceRoute> route) =>
        route.Key.Address.AddressFamily == AddressFamily.InterNetwork
        && route.Key.Port is > 0 and <= IPEndPoint.MaxPort
        && route.Key.Address.Equals(IPAddress.Any) == (route.Value.Scope == RouteScope.NodePort);

    private static TableElement BridgeElement(string bridge) => new(TableSet.Bridges, $"\"{bridge}\" . \"{bridge}\"");

    private void Wait(Listening at, ObjectKey service)
    {
        if (!_waiting.TryGetValue(at, out var waiting))
            _waiting[at] = waiting = [];
        waiting.Add(service);
    }

    private void Replace(PlacedRoute? former, PlacedRoute? next, TableChange change)
    {
        foreach (var chain in (next?.Chains ?? []).Where(_chains.Add))
            change.Add(chain);
        foreach (var set in Own)
        {
            var after = (next?.ElementsIn(set) ?? []).ToDictionary(StringComparer.Ordinal);
            foreach (var (key, value) in former?.ElementsIn(set) ?? [])
            {
                if (!after.Remove(key, out var kept) || kept != value)
                    change.Replace(new TableElement(set, key), value, kept);
            }

            foreach (var (key, value) in after)
                change.Replace(new TableElement(set, key), null, value);
        }

        foreach (var set in Shared)
        {
            foreach (var key in next?.SharedIn(set) ?? [])
                Count(new TableElement(set, key), 1, change);
            foreach (var key in former?.SharedIn(set) ?? [])
                Count(new TableElement(set, key), -1, change);
        }
    }

    private void Count(TableElement element, int difference, TableChange change)
    {
        var before = _shared.GetValueOrDefault(element);
        var after = before + difference;
        if (after > 0)
            _shared[element] = after;
        else
            _shared.Remove(element);
        if (before == 0 || after == 0)
            change.Replace(element, before > 0 ? "" : null, after > 0 ? "" : null);
    }
}
