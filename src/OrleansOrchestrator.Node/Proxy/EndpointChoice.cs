using System.Net;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The endpoints of a service port, by who may use them. Pure.</summary>
/// <param name="All">Those for whoever may use any: that are ready, and near where hints say so; without any of these, those that are
/// about to end and serve still, so that connections find somebody to the last.</param>
/// <param name="Local">Those on this node, by the same order of preference, for the policy <c>Local</c>.</param>
/// <param name="LocalReadyCount">How many of this node are ready, for the health check of load balancers.</param>
internal sealed record EndpointChoice(IReadOnlyList<IPEndPoint> All, IReadOnlyList<IPEndPoint> Local, int LocalReadyCount)
{
    /// <summary>Whether there is an endpoint anywhere.</summary>
    public bool IsAny => All.Count + Local.Count > 0;

    /// <summary>The addresses of endpoints that are, or may be, on this node, and so may call their own service.</summary>
    public IReadOnlyList<IPAddress> CallersHere { get; private init; } = [];

    /// <summary>Chooses among the endpoints of a port, as kube-proxy does.</summary>
    /// <param name="endpoints">All that take connections, each once.</param>
    /// <param name="zone">This node's zone, for hints; empty without one.</param>
    public static EndpointChoice Of(IReadOnlyCollection<KeyValuePair<IPEndPoint, ProxiedEndpoint>> endpoints, string zone)
    {
        var ready = endpoints.Where(one => one.Value.IsReady).ToList();
        var ending = endpoints.Where(one => !one.Value.IsReady).ToList();
        var readyHere = ready.Where(IsHere).ToList();
        return new EndpointChoice(
            AddressesOf(ready.Count > 0 ? Near(ready, zone) : ending),
            AddressesOf(readyHere.Count > 0 ? readyHere : ending.Where(IsHere)),
            readyHere.Count)
        {
            CallersHere = [.. endpoints.Where(one => one.Value.Place != EndpointPlace.Elsewhere).Select(one => one.Key.Address).Distinct()],
        };
    }

    /// <summary>
    /// Those that hints name for this node, else those for its zone, else all. Hints count only where every endpoint has them and one
    /// of them is for us: otherwise they are about to change, or would leave this node with nobody.
    /// </summary>
    private static List<KeyValuePair<IPEndPoint, ProxiedEndpoint>> Near(List<KeyValuePair<IPEndPoint, ProxiedEndpoint>> ready, string zone)
    {
        if (ready.Any(one => one.Value.Hints is null))
            return ready;
        return Named(hints => hints.IsForThisNode is not null, hints => hints.IsForThisNode is true)
            ?? Named(hints => hints.Zones.Count > 0, hints => hints.Zones.Contains(zone))
            ?? ready;

        List<KeyValuePair<IPEndPoint, ProxiedEndpoint>>? Named(Func<EndpointHints, bool> isNaming, Func<EndpointHints, bool> isForUs)
        {
            if (!ready.TrueForAll(one => isNaming(one.Value.Hints!)))
                return null;
            var ours = ready.FindAll(one => isForUs(one.Value.Hints!));
            return ours.Count > 0 ? ours : null;
        }
    }

    private static bool IsHere(KeyValuePair<IPEndPoint, ProxiedEndpoint> endpoint) => endpoint.Value.Place == EndpointPlace.Here;

    private static IReadOnlyList<IPEndPoint> AddressesOf(IEnumerable<KeyValuePair<IPEndPoint, ProxiedEndpoint>> endpoints) =>
        [.. endpoints.Select(one => one.Key)];
}
