namespace OrleansOrchestrator.Model.Resources;

/// <summary>How the scale subresource reads and writes a kind that has replicas.</summary>
/// <param name="GetSpecReplicas">The wanted replicas.</param>
/// <param name="SetSpecReplicas">Sets the wanted replicas.</param>
/// <param name="GetStatusReplicas">The observed replicas.</param>
/// <param name="GetSelector">The selector of the replicas in its string form.</param>
public sealed record ScaleAccess(
    Func<KubeObject, int> GetSpecReplicas,
    Action<KubeObject, int> SetSpecReplicas,
    Func<KubeObject, int> GetStatusReplicas,
    Func<KubeObject, string> GetSelector)
{
    /// <summary>Where the wanted replicas stand in the object.</summary>
    public string SpecReplicasPath { get; init; } = "spec.replicas";
}
