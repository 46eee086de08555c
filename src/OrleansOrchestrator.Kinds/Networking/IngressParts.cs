using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>What an ingress names.</summary>
public static class IngressParts
{
    /// <summary>All backends of an ingress, the default one first.</summary>
    public static IEnumerable<V1IngressBackend> BackendsOf(V1Ingress ingress)
    {
        if (ingress.Spec?.DefaultBackend is { } standard)
            yield return standard;
        foreach (var rule in (ingress.Spec?.Rules).OrNone())
        {
            foreach (var path in (rule.Http?.Paths).OrNone())
            {
                if (path.Backend is { } backend)
                    yield return backend;
            }
        }
    }

    /// <summary>The services of the backends.</summary>
    public static IEnumerable<ObjectKey> ServicesOf(V1Ingress ingress) => BackendsOf(ingress)
        .Select(backend => backend.Service?.Name)
        .Where(name => !string.IsNullOrEmpty(name))
        .Distinct(StringComparer.Ordinal)
        .Select(name => new ObjectKey(ingress.Metadata.NamespaceProperty ?? "", name!));

    /// <summary>The secrets with certificates.</summary>
    public static IEnumerable<ObjectKey> SecretsOf(V1Ingress ingress) => (ingress.Spec?.Tls).OrNone()
        .Select(tls => tls.SecretName)
        .Where(name => !string.IsNullOrEmpty(name))
        .Distinct(StringComparer.Ordinal)
        .Select(name => new ObjectKey(ingress.Metadata.NamespaceProperty ?? "", name));

    /// <summary>The port of a service that a backend names, by its name or its number; null if there is none. HTTP is served over TCP: a port
    /// of UDP may have the same number.</summary>
    public static V1ServicePort? PortOf(V1Service service, V1ServiceBackendPort? named) => (service.Spec?.Ports).OrNone().FirstOrDefault(
        port => port.Protocol is null or "TCP" && (string.IsNullOrEmpty(named?.Name) ? port.Port == named?.Number : port.Name == named.Name));

    /// <summary>The port of a backend as its ingress names it.</summary>
    public static string TextOf(V1ServiceBackendPort? port) =>
        string.IsNullOrEmpty(port?.Name) ? (port?.Number ?? 0).ToString(CultureInfo.InvariantCulture) : port.Name;
}
