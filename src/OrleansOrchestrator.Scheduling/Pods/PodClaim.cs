using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>A claim that a pod names in its volumes. Like the pod's name, it belongs to the single pod and not to its template.</summary>
/// <param name="Key">The claim.</param>
/// <param name="IsEphemeral">Whether the claim is made for the pod.</param>
internal readonly record struct PodClaim(ObjectKey Key, bool IsEphemeral)
{
    /// <summary>The claims of a pod, each once.</summary>
    public static PodClaim[] Of(V1Pod pod)
    {
        if (pod.Spec.Volumes is not { Count: > 0 } volumes)
            return [];
        var @namespace = pod.Metadata.NamespaceProperty ?? "";
        return
        [
            .. volumes.Select(volume => (Name: ClaimNames.Of(pod, volume), IsEphemeral: volume.Ephemeral is not null))
                .Where(claim => claim.Name is not null)
                .Select(claim => new PodClaim(new ObjectKey(@namespace, claim.Name!), claim.IsEphemeral))
                .DistinctBy(claim => claim.Key),
        ];
    }
}
