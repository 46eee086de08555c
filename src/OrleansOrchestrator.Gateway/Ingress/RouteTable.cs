using k8s.Models;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// All routes of the moment, immutable. Routes of a name come before those of a wildcard, and these before those of all hosts; in each,
/// <see cref="HostRoutes"/> chooses by the path. Of equal ones that of the oldest ingress counts. At a host that belongs to a namespace
/// only the routes of that namespace count.
/// </summary>
internal sealed class RouteTable
{
    /// <summary>The annotation of ingresses with certificates whose HTTP is not to be redirected to HTTPS: <c>false</c>.</summary>
    public const string RedirectAnnotation = "orleansorchestrator.io/ssl-redirect";

    private readonly HostMap<HostRoutes> _hosts;
    private readonly IngressHosts _owned;

    private RouteTable(Dictionary<string, HostRoutes> hosts, IngressHosts owned)
    {
        _hosts = new HostMap<HostRoutes>(hosts);
        _owned = owned;
    }

    /// <summary>No routes.</summary>
    public static RouteTable Empty { get; } = new([], IngressHosts.Shared);

    /// <summary>Makes the table of ingresses.</summary>
    /// <param name="ingresses">The ingresses, the oldest first.</param>
    /// <param name="owned">Whose hosts are whose.</param>
    /// <param name="backendOf">The backend of a key.</param>
    public static RouteTable Of(IEnumerable<V1Ingress> ingresses, IngressHosts owned, Func<BackendKey, Backend> backendOf)
    {
        var hosts = new Dictionary<string, HostRoutes>(StringComparer.OrdinalIgnoreCase);
        foreach (var ingress in ingresses)
            Add(ingress, hosts, owned, backendOf);
        return new RouteTable(hosts, owned);
    }

    /// <summary>Finds the route of a request; null if there is none.</summary>
    /// <param name="host">The host, without a port.</param>
    /// <param name="path">The path.</param>
    public Route? Find(string host, string path)
    {
        var owner = _owned.OwnerOf(host);
        return _hosts.OfName(host)?.Find(path, owner) ?? _hosts.OfWildcard(host)?.Find(path, owner) ?? _hosts.Any?.Find(path, owner);
    }

    private static void Add(V1Ingress ingress, Dictionary<string, HostRoutes> hosts, IngressHosts owned, Func<BackendKey, Backend> backendOf)
    {
        var key = ObjectKey.Of(ingress);
        var secure = SecureHostsOf(ingress);
        var rules = ingress.Spec?.Rules ?? [];
        foreach (var rule in rules.Where(rule => owned.Admits(rule.Host, key.Namespace)))
        {
            foreach (var path in rule.Http?.Paths ?? [])
            {
                var routes = RoutesOf(rule.Host);
                if (RoutePath.Of(path.Path) is not { } text)
                    continue;
                if (path.PathType == "Exact")
                    routes.AddExact(text, RouteTo(path.Backend));
                else
                    routes.AddPrefix(text, RouteTo(path.Backend));
            }
        }

        // A default backend takes what the rules of its ingress leave of their hosts, and of all hosts if there are no rules.
        if (ingress.Spec?.DefaultBackend is not { } standard)
            return;
        foreach (var host in rules.Select(rule => rule.Host).DefaultIfEmpty(null).Where(host => owned.Admits(host, key.Namespace)))
            RoutesOf(host).AddDefault(RouteTo(standard));

        Route RouteTo(V1IngressBackend? backend) => new(key, backendOf(BackendKey.Of(ingress, backend)), secure);

        HostRoutes RoutesOf(string? host)
        {
            if (!hosts.TryGetValue(host ?? "", out var routes))
                hosts[host ?? ""] = routes = new HostRoutes();
            return routes;
        }
    }

    private static HostMap<V1IngressTLS>? SecureHostsOf(V1Ingress ingress)
    {
        if (ingress.Spec?.Tls is not { Count: > 0 } || (ingress.Metadata.Annotations?.TryGetValue(RedirectAnnotation, out var wanted) is true && wanted == "false"))
            return null;
        return new HostMap<V1IngressTLS>(
            from tls in ingress.Spec.Tls
            from host in CertificateTable.HostsOf(ingress, tls)
            select KeyValuePair.Create(host, tls));
    }
}
