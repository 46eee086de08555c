using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The objects of the API that a pod refers to. A static pod runs without the API, and may refer to none.</summary>
/// <remarks>See HasAPIObjectReference in k8s.io/kubernetes/pkg/api/pod.</remarks>
public static class ApiObjectReferences
{
    /// <summary>Finds the first reference.</summary>
    /// <param name="spec">The spec of the pod.</param>
    /// <returns>The kind of the object in Kubernetes' words, such as <c>secrets (via secret volumes)</c>; null if there is none.</returns>
    public static string? Find(V1PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (!string.IsNullOrEmpty(spec.ServiceAccountName) || !string.IsNullOrEmpty(spec.ServiceAccount))
            return "serviceaccounts";
        if (HasSecret(spec))
            return "secrets";
        if (HasConfigMap(spec))
            return "configmaps";
        if (spec.ResourceClaims is { Count: > 0 })
            return "resourceclaims";
        return spec.Volumes.OrNone().Select(Find).FirstOrDefault(found => found is not null);
    }

    /// <summary>Whether a pod refers to a secret by any of its fields.</summary>
    /// <param name="spec">The spec of the pod.</param>
    public static bool HasSecret(V1PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.ImagePullSecrets.OrNone().Any(secret => !string.IsNullOrEmpty(secret.Name))
            || Variables(spec).Any(variable => variable.ValueFrom?.SecretKeyRef is not null)
            || Sources(spec).Any(source => source.SecretRef is not null)
            || spec.Volumes.OrNone().Any(NamesSecret);
    }

    /// <summary>Whether a pod refers to a ConfigMap by any of its fields.</summary>
    /// <param name="spec">The spec of the pod.</param>
    public static bool HasConfigMap(V1PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Variables(spec).Any(variable => variable.ValueFrom?.ConfigMapKeyRef is not null)
            || Sources(spec).Any(source => source.ConfigMapRef is not null)
            || spec.Volumes.OrNone().Any(volume => volume.ConfigMap is not null || Projections(volume).Any(source => source.ConfigMap is not null));
    }

    private static IEnumerable<V1EnvVar> Variables(V1PodSpec spec) => spec.Containers.OrNone().Concat(spec.InitContainers.OrNone())
        .SelectMany(container => container.Env.OrNone())
        .Concat(spec.EphemeralContainers.OrNone().SelectMany(container => container.Env.OrNone()));

    private static IEnumerable<V1EnvFromSource> Sources(V1PodSpec spec) => spec.Containers.OrNone().Concat(spec.InitContainers.OrNone())
        .SelectMany(container => container.EnvFrom.OrNone())
        .Concat(spec.EphemeralContainers.OrNone().SelectMany(container => container.EnvFrom.OrNone()));

    private static IEnumerable<V1VolumeProjection> Projections(V1Volume volume) => (volume.Projected?.Sources).OrNone();

    private static bool NamesSecret(V1Volume volume) =>
        volume.Secret is not null || volume.AzureFile?.SecretName is { Length: > 0 } || volume.Cephfs?.SecretRef is not null
        || volume.Cinder?.SecretRef is not null || volume.FlexVolume?.SecretRef is not null || volume.Rbd?.SecretRef is not null
        || volume.ScaleIO?.SecretRef is not null || volume.Iscsi?.SecretRef is not null || volume.Storageos?.SecretRef is not null
        || volume.Csi?.NodePublishSecretRef is not null || Projections(volume).Any(source => source.Secret is not null);

    private static string? Find(V1Volume volume) => volume switch
    {
        { Csi: not null } => "csidrivers (via CSI volumes)",
        { Glusterfs: not null } => "endpoints (via glusterFS volumes)",
        { PersistentVolumeClaim: not null } => "persistentvolumeclaims",
        { Ephemeral: not null } => "persistentvolumeclaims (via ephemeral volumes)",
        _ => Projections(volume).Select(Find).FirstOrDefault(found => found is not null),
    };

    private static string? Find(V1VolumeProjection source) => source switch
    {
        { ServiceAccountToken: not null } => "serviceaccounts (via projected volumes)",
        { ClusterTrustBundle: not null } => "clustertrustbundles",
        { PodCertificate: not null } => "podcertificates",
        _ => null,
    };
}
