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
}
