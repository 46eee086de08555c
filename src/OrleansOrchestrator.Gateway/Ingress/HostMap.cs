using System.Collections.Frozen;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// Values by host: a name, <c>*.example.com</c> for names with one more label, or nothing for all hosts. Names are compared as in DNS,
/// whatever their case.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards.</remarks>
internal sealed class HostMap<T>
    where T : class
{
    private readonly FrozenDictionary<string, T> _names;

    // By what follows the asterisk.
    private readonly FrozenDictionary<string, T> _wildcards;

    /// <summary>Makes a map. Of several values of a host the first counts.</summary>
    public HostMap(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var distinct = entries.DistinctBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase).ToList();
        _names = Where(distinct, host => host.Length > 0 && !IsWildcard(host), static host => host);
        _wildcards = Where(distinct, IsWildcard, static host => host[1..]);
        Any = distinct.Find(entry => entry.Key.Length == 0).Value;
    }

    /// <summary>The value for all hosts; null if there is none.</summary>
    public T? Any { get; }

    /// <summary>The value of a name; null if there is none.</summary>
    public T? OfName(string host) => _names.GetValueOrDefault(host);

    /// <summary>The value of the wildcard that a name matches; null if there is none.</summary>
    public T? OfWildcard(string host) => host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && _wildcards.Count > 0
        ? _wildcards.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host.AsSpan(dot), out var found) ? found : null
        : null;

    /// <summary>The value for a host: that of its name, else of its wildcard, else of all hosts; null if there is none.</summary>
    public T? Find(string host) => OfName(host) ?? OfWildcard(host) ?? Any;

    private static bool IsWildcard(string host) => host.StartsWith("*.", StringComparison.Ordinal);

    private static FrozenDictionary<string, T> Where(
        IEnumerable<KeyValuePair<string, T>> entries, Func<string, bool> isMeant, Func<string, string> keyOf) => entries
        .Where(entry => isMeant(entry.Key))
        .ToFrozenDictionary(entry => keyOf(entry.Key), entry => entry.Value, StringComparer.OrdinalIgnoreCase);
}
