using System.Net;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Picks the endpoint of a connection: in turn, or the one that the client had before while its session lasts. An endpoint that
/// cannot be reached is left out for a while, so that nobody waits for it. Safe for concurrent use.
/// </summary>
/// <param name="route">The route.</param>
/// <param name="isOutside">Whether a client is outside the cluster.</param>
/// <param name="time">The clock of affinity.</param>
internal sealed class EndpointPicker(ServiceRoute route, Func<IPAddress, bool> isOutside, TimeProvider time)
{
    // The clients of one service to remember for session affinity, in about a megabyte.
    private const int SessionsMax = 10_000;
    // A client waits for three connect time-outs at most.
    private const int CandidatesMax = 3;

    // Short enough for a pod that restarts, and long enough to spare clients most time-outs.
    private static readonly Backoff Unreachable = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (IPEndPoint Endpoint, DateTimeOffset Expires)> _sessions = [];
    private readonly KeyedBackoff<IPEndPoint> _unreachable = new(Unreachable);
    private ServiceRoute _route = route;
    private int _next;

    /// <summary>The present route.</summary>
    public ServiceRoute Route
    {
        get => Volatile.Read(ref _route);
        set
        {
            lock (_gate)
            {
                if (ReferenceEquals(_route, value))
                    return;
                Volatile.Write(ref _route, value);
                if (_unreachable.IsEmpty)
                    return;
                var present = value.Endpoints.Concat(value.OutsideEndpoints ?? []).ToHashSet();
                _unreachable.ForgetWhere(endpoint => !present.Contains(endpoint));
            }
        }
    }

    /// <summary>The endpoints to try for a client, the best one first; empty if there are none for it that can be reached, or it may not come.</summary>
    public IReadOnlyList<IPEndPoint> Candidates(IPAddress client)
    {
        // Whether a client is outside can take the machine's interfaces, for which nobody else waits.
        var route = Route;
        var endpoints = route.Admits(client) ? route.EndpointsFor(client, isOutside) : [];
        var count = endpoints.Count;
        if (count == 0)
            return [];
        lock (_gate)
        {
            var candidates = new List<IPEndPoint>(Math.Min(count, CandidatesMax));
            if (Sticky(client, route, endpoints) is { } sticky && !IsBackedOff(sticky))
                candidates.Add(sticky);
            var first = (int)((uint)(candidates.Count == 0 ? _next++ : _next) % (uint)count);
            for (var i = 0; i < count && candidates.Count < CandidatesMax; i++)
            {
                var endpoint = endpoints[(first + i) % count];
                if (!candidates.Contains(endpoint) && !IsBackedOff(endpoint))
                    candidates.Add(endpoint);
            }

            return candidates;
        }
    }

    /// <summary>Takes note of the endpoint that a client got.</summary>
    public void Chosen(IPAddress client, IPEndPoint endpoint)
    {
        lock (_gate)
        {
            _unreachable.Succeed(endpoint);
            if (_route.AffinityTimeout is not { } timeout)
                return;
            var now = time.GetUtcNow();
            if (_sessions.Count >= SessionsMax)
                DropExpired(now);
            if (_sessions.Count < SessionsMax || _sessions.ContainsKey(client))
                _sessions[client] = (endpoint, Waits.After(now, timeout));
        }
    }

    /// <summary>Takes note that an endpoint could not be reached: it is left out for longer each time.</summary>
    public void Failed(IPEndPoint endpoint)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();

            // Of connections that were under way together one counts.
            if (!_unreachable.IsWaiting(endpoint, now))
                _unreachable.Fail(endpoint, now);
        }
    }

    private bool IsBackedOff(IPEndPoint endpoint) =>
        !_unreachable.IsEmpty && _unreachable.IsWaiting(endpoint, time.GetUtcNow());

    private IPEndPoint? Sticky(IPAddress client, ServiceRoute route, IReadOnlyList<IPEndPoint> endpoints) =>
        route.AffinityTimeout is not null && _sessions.TryGetValue(client, out var session) && session.Expires > time.GetUtcNow()
            && endpoints.Contains(session.Endpoint)
            ? session.Endpoint
            : null;

    private void DropExpired(DateTimeOffset now)
    {
        foreach (var client in _sessions.Where(session => session.Value.Expires <= now).Select(session => session.Key).ToList())
            _sessions.Remove(client);
    }
}
