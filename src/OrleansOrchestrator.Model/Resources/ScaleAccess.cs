using k8s.Models;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>The access of the scale subresource to a kind with replicas.</summary>
/// <param name="GetSpecReplicas">Gets the desired replicas.</param>
/// <param name="SetSpecReplicas">Sets the desired replicas.</param>
/// <param name="GetStatusReplicas">Gets the observed replicas.</param>
/// <param name="GetSelector">Gets the selector of the replicas in its string form.</param>
public sealed record ScaleAccess(
    Func<KubeObject, int> GetSpecReplicas,
    Action<KubeObject, int> SetSpecReplicas,
    Func<KubeObject, int> GetStatusReplicas,
    Func<KubeObject, string> GetSelector)
{
    /// <summary>The path of the desired replicas.</summary>
    public string SpecReplicasPath { get; init; } = "spec.replicas";

    /// <summary>The <c>autoscaling/v1</c> Scale of an object.</summary>
    public V1Scale Of(KubeObject obj) => new()
    {
        ApiVersion = "autoscaling/v1",
        Kind = "Scale",
        Metadata = new V1ObjectMeta
        {
            Name = obj.Metadata.Name,
            NamespaceProperty = obj.Metadata.NamespaceProperty,
            Uid = obj.Metadata.Uid,
            ResourceVersion = obj.Metadata.ResourceVersion,
            CreationTimestamp = obj.Metadata.CreationTimestamp,
        },
        Spec = new V1ScaleSpec { Replicas = GetSpecReplicas(obj) },
        Status = new V1ScaleStatus { Replicas = GetStatusReplicas(obj), Selector = GetSelector(obj) },
    };
}
