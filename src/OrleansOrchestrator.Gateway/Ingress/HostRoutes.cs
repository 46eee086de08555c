namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// The routes of a host by their paths. The longest path that matches counts, an exact one before a prefix. A prefix matches whole elements
/// of a path: <c>/a</c> matches <c>/a</c>, <c>/a/</c> and <c>/a/b</c>, and not <c>/ab</c>.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types.</remarks>
internal sealed class HostRoutes
{
    private readonly Dictionary<string, Route> _exact = new(StringComparer.Ordinal);

    // Without the slash at their ends, which means nothing here; empty for all paths.
    private readonly Dictionary<string, Route> _prefixes = new(StringComparer.Ordinal);

    // Only paths of these lengths are looked up: each look-up costs the length of its path.
    private readonly HashSet<int> _prefixLengths = [];
    private Route? _default;

    /// <summary>Adds the route of an exact path. Of equal ones the first counts.</summary>
    public void AddExact(string path, Route route) => _exact.TryAdd(path, route);

    /// <summary>Adds the route of a prefix. Of equal ones the first counts.</summary>
    public void AddPrefix(string path, Route route)
    {
        var prefix = path.EndsWith('/') ? path[..^1] : path;
        _prefixes.TryAdd(prefix, route);
        _prefixLengths.Add(prefix.Length);
    }

    /// <summary>Adds the route of all paths that no other route matches. The first one counts.</summary>
    public void AddDefault(Route route) => _default ??= route;

    /// <summary>Finds the route of a path; null if there is none.</summary>
    /// <param name="path">The path.</param>
    /// <param name="owner">The namespace whose routes count; null for all.</param>
    public Route? Find(string path, string? owner)
    {
        if (_exact.TryGetValue(path, out var exact) && IsOf(owner, exact))
            return exact;
        var prefixes = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = path.EndsWith('/') ? path.Length - 1 : path.Length; ; length = path.LastIndexOf('/', length - 1))
        {
            var prefix = path.AsSpan(0, Math.Max(length, 0));
            if (_prefixLengths.Contains(prefix.Length) && prefixes.TryGetValue(prefix, out var found) && IsOf(owner, found))
                return found;
            if (length <= 0)
                return _default is { } standard && IsOf(owner, standard) ? standard : null;
        }
    }

    private static bool IsOf(string? owner, Route route) => owner is null || route.Ingress.Namespace == owner;
}
