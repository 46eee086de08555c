using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>
/// To which namespaces hosts belong: a host belongs to that of the oldest ingress that names it or a wildcard for it, in a rule or with
/// a certificate. Immutable.
/// </summary>
public sealed class IngressHosts
{
    private readonly Dictionary<string, string> _owners = new(StringComparer.OrdinalIgnoreCase);

    private IngressHosts()
    {
    }

    /// <summary>All hosts are everybody's.</summary>
    public static IngressHosts Shared { get; } = new();

    /// <summary>Finds the owners of hosts.</summary>
    /// <param name="ingresses">The ingresses that are served, the oldest first.</param>
    public static IngressHosts Of(IEnumerable<V1Ingress> ingresses)
    {
        ArgumentNullException.ThrowIfNull(ingresses);
        var hosts = new IngressHosts();
        foreach (var ingress in ingresses)
        {
            var owner = ingress.Metadata.NamespaceProperty ?? "";
            foreach (var host in NamedBy(ingress).Where(host => hosts.Admits(host, owner)))
                hosts._owners.TryAdd(host, owner);
        }

        return hosts;
    }

    /// <summary>The namespace to which a host belongs; null if it is everybody's.</summary>
    /// <param name="host">A name, or a wildcard.</param>
    public string? OwnerOf(string host) =>
        _owners.TryGetValue(host, out var owner) || (WildcardOf(host) is { } wildcard && _owners.TryGetValue(wildcard, out owner)) ? owner : null;

    /// <summary>Whether a namespace may serve a host. No host stands for all hosts, which are everybody's.</summary>
    public bool Admits(string? host, string @namespace) => string.IsNullOrEmpty(host) || OwnerOf(host) is not { } owner || owner == @namespace;

    /// <summary>Orders ingresses by age.</summary>
    public static IEnumerable<V1Ingress> OldestFirst(IEnumerable<V1Ingress> ingresses) => ingresses
        .OrderBy(ingress => ingress.Metadata.CreationTimestamp ?? DateTime.MaxValue)
        .ThenBy(ObjectKey.Of);

    /// <summary>The hosts that an ingress names, each once.</summary>
    public static IEnumerable<string> NamedBy(V1Ingress ingress)
    {
        ArgumentNullException.ThrowIfNull(ingress);
        return (ingress.Spec?.Rules).OrNone().Select(rule => rule.Host)
            .Concat((ingress.Spec?.Tls).OrNone().SelectMany(tls => tls.Hosts.OrNone()))
            .Where(host => !string.IsNullOrEmpty(host))
            .Distinct(StringComparer.Ordinal);
    }

    /// <summary>The hosts on which it depends whether an ingress has its own: they, and the wildcards for them.</summary>
    public static IEnumerable<string> SoughtBy(V1Ingress ingress) => NamedBy(ingress)
        .SelectMany(host => WildcardOf(host) is { } wildcard ? [host, wildcard] : (string[])[host])
        .Distinct(StringComparer.Ordinal);

    private static string? WildcardOf(string host) =>
        !host.StartsWith('*') && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? "*" + host[dot..] : null;
}
