using System.Net.Security;
using k8s.Models;
using OrleansOrchestrator.Kinds.Networking;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>The certificates of the moment by the names that clients ask for (SNI), immutable. Of several for a name that of the oldest
/// ingress counts.</summary>
internal sealed class CertificateTable
{
    private readonly HostMap<SslStreamCertificateContext> _hosts;

    private CertificateTable(IEnumerable<KeyValuePair<string, SslStreamCertificateContext>> hosts) => _hosts = new HostMap<SslStreamCertificateContext>(hosts);

    /// <summary>No certificates.</summary>
    public static CertificateTable Empty { get; } = new([]);

    /// <summary>Makes the table of ingresses.</summary>
    /// <param name="ingresses">The ingresses, the oldest first.</param>
    /// <param name="owned">Whose hosts are whose: no other namespace has certificates for them.</param>
    /// <param name="certificateOf">The certificate of a secret in a namespace; null if it has none that can serve.</param>
    public static CertificateTable Of(
        IEnumerable<V1Ingress> ingresses, IngressHosts owned, Func<string, string, SslStreamCertificateContext?> certificateOf) => new(
        from ingress in ingresses
        from tls in ingress.Spec?.Tls ?? []
        where !string.IsNullOrEmpty(tls.SecretName)
        let certificate = certificateOf(ingress.Metadata.NamespaceProperty ?? "", tls.SecretName)
        where certificate is not null
        from host in HostsOf(ingress, tls)
        where owned.Admits(host, ingress.Metadata.NamespaceProperty ?? "")
        select KeyValuePair.Create(host, certificate));

    /// <summary>The certificate for a name; null if there is none.</summary>
    public SslStreamCertificateContext? Find(string name) => _hosts.Find(name);

    /// <summary>The hosts of a certificate: those that are named with it, else those of the rules of its ingress, else all.</summary>
    public static IEnumerable<string> HostsOf(V1Ingress ingress, V1IngressTLS tls) => tls.Hosts is { Count: > 0 } named
        ? named
        : (ingress.Spec?.Rules ?? []).Select(rule => rule.Host ?? "").DefaultIfEmpty("");
}
