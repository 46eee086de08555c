using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The defaults of claims of volumes, and of the templates of such claims.</summary>
internal static class ClaimDefaults
{
    public static void Apply(V1PersistentVolumeClaim claim)
    {
        claim.Status ??= new V1PersistentVolumeClaimStatus();
        claim.Status.Phase = claim.Status.Phase.Or(ClaimPhase.Pending);
        if (claim.Spec is { } spec)
            ApplyToSpec(spec);
    }

    private static void ApplyToSpec(V1PersistentVolumeClaimSpec spec)
    {
        spec.VolumeMode ??= VolumeChoices.Filesystem;
        // Two fields name the source of the data. A client that gives one of them means both.
        if (spec.DataSource is { } source)
        {
            spec.DataSourceRef ??= new V1TypedObjectReference { ApiGroup = source.ApiGroup, Kind = source.Kind, Name = source.Name };
        }
        else if (spec.DataSourceRef is { } reference && string.IsNullOrEmpty(reference.NamespaceProperty))
        {
            spec.DataSource = new V1TypedLocalObjectReference { ApiGroup = reference.ApiGroup, Kind = reference.Kind, Name = reference.Name };
        }
    }
}
