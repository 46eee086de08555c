using System.Net;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Picks the endpoint of a connection: in turn, or the one that the client had before while its session lasts. Safe for
/// concurrent use.
/// </summary>
internal sealed class EndpointPicker(ServiceRoute route, TimeProvider time)
{
    private const int SessionsMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (IPEndPoint Endpoint, DateTimeOffset Expires)> _sessions = [];
    private ServiceRoute _route = route;
    private int _next;

    /// <summary>The present route.</summary>
    public ServiceRoute Route
    {
        get => Volatile.Read(ref _route);
        set => Volatile.Write(ref _route, value);
    }

    /// <summary>The endpoints to try for a client, the best one first; empty if the service has none.</summary>
    public IReadOnlyList<IPEndPoint> Candidates(IPAddress client)
    {
        var route = Route;
        if (route.Endpoints.Count == 0)
            return [];
        lock (_gate)
        {
            var first = Sticky(client, route) is { } sticky ? route.Endpoints.ToList().IndexOf(sticky) : -1;
            if (first < 0)
                first = (int)((uint)_next++ % (uint)route.Endpoints.Count);
            return [.. route.Endpoints.Skip(first), .. route.Endpoints.Take(first)];
        }
    }

    /// <summary>Takes note of the endpoint that a client got.</summary>
    public void Chosen(IPAddress client, IPEndPoint endpoint)
    {
        if (Route.AffinityTimeout is not { } timeout)
            return;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_sessions.Count >= SessionsMax)
                DropExpired(now);
            if (_sessions.Count < SessionsMax || _sessions.ContainsKey(client))
                _sessions[client] = (endpoint, now + timeout);
        }
    }

    private IPEndPoint? Sticky(IPAddress client, ServiceRoute route) =>
        route.AffinityTimeout is not null && _sessions.TryGetValue(client, out var session) && session.Expires > time.GetUtcNow()
            ? session.Endpoint
            : null;

    private void DropExpired(DateTimeOffset now)
    {
        foreach (var client in _sessions.Where(session => session.Value.Expires <= now).Select(session => session.Key).ToList())
            _sessions.Remove(client);
    }
}
