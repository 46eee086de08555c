using k8s.Models;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>What a backend of an ingress names.</summary>
/// <param name="Service">The service; the default value for a backend that is none.</param>
/// <param name="PortName">The name of its port; empty if the number is named.</param>
/// <param name="PortNumber">The number of its port.</param>
internal readonly record struct BackendKey(ObjectKey Service, string PortName, int PortNumber)
{
    /// <summary>Reads a backend. One that is not a service has no endpoints.</summary>
    public static BackendKey Of(V1Ingress ingress, V1IngressBackend? backend) => backend?.Service is not { Name: { } name } service
        ? default
        : new BackendKey(new ObjectKey(ingress.Metadata.NamespaceProperty ?? "", name), service.Port?.Name ?? "", service.Port?.Number ?? 0);

    /// <summary>The port of the service that is meant; null if it has none such.</summary>
    public V1ServicePort? PortIn(V1Service service) => IngressParts.PortOf(service, new V1ServiceBackendPort { Name = PortName, Number = PortNumber });
}
