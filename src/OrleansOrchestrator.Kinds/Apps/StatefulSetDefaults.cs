using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>The defaults of stateful sets.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/apps/v1/defaults.go.</remarks>
internal static class StatefulSetDefaults
{
    public static void Apply(V1StatefulSetSpec spec)
    {
        spec.PodManagementPolicy = spec.PodManagementPolicy.Or(StatefulSetValidation.OrderedReady);
        spec.Replicas ??= 1;
        spec.RevisionHistoryLimit ??= 10;
        ApplyStrategy(spec);
        spec.PersistentVolumeClaimRetentionPolicy ??= new V1StatefulSetPersistentVolumeClaimRetentionPolicy();
        var retention = spec.PersistentVolumeClaimRetentionPolicy;
        retention.WhenDeleted = retention.WhenDeleted.Or(StatefulSetValidation.Retain);
        retention.WhenScaled = retention.WhenScaled.Or(StatefulSetValidation.Retain);
        spec.Template = PodTemplateRules.WithDefaults(spec.Template);
        foreach (var claim in spec.VolumeClaimTemplates.OrNone())
        {
            claim.ApiVersion = claim.ApiVersion.Or("v1");
            claim.Kind = claim.Kind.Or("PersistentVolumeClaim");
            ClaimDefaults.Apply(claim);
        }
    }

    private static void ApplyStrategy(V1StatefulSetSpec spec)
    {
        var strategy = spec.UpdateStrategy ??= new V1StatefulSetUpdateStrategy();
        if (string.IsNullOrEmpty(strategy.Type))
        {
            strategy.Type = StatefulSetValidation.RollingUpdate;
            strategy.RollingUpdate ??= new V1RollingUpdateStatefulSetStrategy();
        }

        if (strategy is { Type: StatefulSetValidation.RollingUpdate, RollingUpdate: { } update })
            update.Partition ??= 0;
    }
}
