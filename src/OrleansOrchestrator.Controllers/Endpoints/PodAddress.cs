using k8s.Models;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>A pod as one address of a service.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Ip">Its address; empty if it has none yet.</param>
/// <param name="Hostname">The pod's DNS name under the service; null for none.</param>
/// <param name="IsReady">Whether traffic may go there.</param>
internal sealed record PodAddress(V1Pod Pod, string Ip, string? Hostname, bool IsReady)
{
    public V1EndpointAddress ToApi() => new()
    {
        Ip = Ip,
        Hostname = Hostname,
        NodeName = Pod.Spec?.NodeName is { Length: > 0 } node ? node : null,
        TargetRef = new V1ObjectReference
        {
            Kind = V1Pod.KubeKind,
            NamespaceProperty = Pod.Metadata.NamespaceProperty,
            Name = Pod.Metadata.Name,
            Uid = Pod.Metadata.Uid,
        },
    };
}
