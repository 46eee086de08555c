namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>A port of a service to which routes lead, and its endpoints of the moment. Routes keep it when endpoints change.</summary>
internal sealed class Backend(BackendKey key)
{
    private BackendTarget _target = BackendTarget.None;

    /// <summary>What it is.</summary>
    public BackendKey Key => key;

    /// <summary>How and where it is reached.</summary>
    public BackendTarget Target
    {
        get => Volatile.Read(ref _target);
        set => Volatile.Write(ref _target, value);
    }

    /// <summary>
    /// Chooses an endpoint: the one with fewer requests of two that chance chooses. One that could not be reached lately is chosen only if
    /// there is no other.
    /// </summary>
    /// <param name="tried">Endpoints that are not to be chosen.</param>
    /// <param name="now">The time, as a timestamp.</param>
    /// <returns>The endpoint; null if there is none.</returns>
    public BackendEndpoint? Choose(IReadOnlyCollection<BackendEndpoint> tried, long now)
    {
        var endpoints = Target.Endpoints;
        if (endpoints.Count == 0)
            return null;
        var start = Random.Shared.Next(endpoints.Count);
        BackendEndpoint? first = null, last = null;
        for (var i = 0; i < endpoints.Count; i++)
        {
            var endpoint = endpoints[(start + i) % endpoints.Count];
            if (tried.Contains(endpoint))
                continue;
            last ??= endpoint;
            if (!endpoint.IsReachable(now))
                continue;
            if (first is not null)
                return endpoint.InFlight < first.InFlight ? endpoint : first;
            first = endpoint;
        }

        return first ?? last;
    }
}
