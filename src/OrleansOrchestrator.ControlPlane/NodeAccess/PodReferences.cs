using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.NodeAccess;

/// <summary>An object of a pod's namespace to which the pod refers.</summary>
/// <param name="Kind">The object's kind.</param>
/// <param name="Name">The object's name.</param>
internal readonly record struct PodReference(RelatedKind Kind, string Name);

/// <summary>Finds what a pod needs of other objects.</summary>
/// <remarks>As k8s.io/kubernetes/pkg/api/v1/pod visits secrets and config maps.</remarks>
internal static class PodReferences
{
    /// <summary>All objects to which a pod refers, each once.</summary>
    public static IReadOnlySet<PodReference> Of(V1Pod pod)
    {
        var found = new HashSet<PodReference>();
        if (pod.Spec is not { } spec)
            return found;
        Add(RelatedKind.ServiceAccount, spec.ServiceAccountName);
        foreach (var secret in spec.ImagePullSecrets ?? [])
            Add(RelatedKind.Secret, secret.Name);
        foreach (var container in (spec.InitContainers ?? []).Concat(spec.Containers ?? []))
            AddEnvironment(container.Env, container.EnvFrom);
        foreach (var container in spec.EphemeralContainers ?? [])
            AddEnvironment(container.Env, container.EnvFrom);
        foreach (var volume in spec.Volumes ?? [])
            AddVolume(volume);
        foreach (var claim in spec.ResourceClaims ?? [])
            Add(RelatedKind.ResourceClaim, claim.ResourceClaimName);
        foreach (var claim in pod.Status?.ResourceClaimStatuses ?? [])
            Add(RelatedKind.ResourceClaim, claim.ResourceClaimName);
        return found;

        void Add(RelatedKind kind, string? name)
        {
            if (!string.IsNullOrEmpty(name))
                found.Add(new PodReference(kind, name));
        }

        void AddEnvironment(IList<V1EnvVar>? variables, IList<V1EnvFromSource>? sources)
        {
            foreach (var from in (variables ?? []).Select(variable => variable.ValueFrom))
            {
                Add(RelatedKind.Secret, from?.SecretKeyRef?.Name);
                Add(RelatedKind.ConfigMap, from?.ConfigMapKeyRef?.Name);
            }

            foreach (var source in sources ?? [])
            {
                Add(RelatedKind.Secret, source.SecretRef?.Name);
                Add(RelatedKind.ConfigMap, source.ConfigMapRef?.Name);
            }
        }

        void AddVolume(V1Volume volume)
        {
            Add(RelatedKind.ConfigMap, volume.ConfigMap?.Name);
            Add(RelatedKind.PersistentVolumeClaim, volume.PersistentVolumeClaim?.ClaimName);
            if (volume.Ephemeral is not null)
                Add(RelatedKind.PersistentVolumeClaim, $"{pod.Metadata.Name}-{volume.Name}");
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(RelatedKind.Secret, source.Secret?.Name);
                Add(RelatedKind.ConfigMap, source.ConfigMap?.Name);
            }

            foreach (var secret in SecretsOf(volume))
                Add(RelatedKind.Secret, secret);
        }
    }

    private static IEnumerable<string?> SecretsOf(V1Volume volume) =>
    [
        volume.Secret?.SecretName,
        volume.AzureFile?.SecretName,
        volume.Cephfs?.SecretRef?.Name,
        volume.Cinder?.SecretRef?.Name,
        volume.FlexVolume?.SecretRef?.Name,
        volume.Rbd?.SecretRef?.Name,
        volume.ScaleIO?.SecretRef?.Name,
        volume.Iscsi?.SecretRef?.Name,
        volume.Storageos?.SecretRef?.Name,
        volume.Csi?.NodePublishSecretRef?.Name,
    ];

    /// <summary>The secrets that a node needs for a claimed volume, with their namespaces.</summary>
    public static IEnumerable<(string Namespace, string Name)> SecretsOf(V1PersistentVolume volume)
    {
        if (volume.Spec is not { ClaimRef.NamespaceProperty: { } claimed } spec)
            yield break;
        V1SecretReference?[] references =
        [
            spec.Cephfs?.SecretRef, spec.Cinder?.SecretRef, spec.FlexVolume?.SecretRef, spec.Rbd?.SecretRef, spec.ScaleIO?.SecretRef, spec.Iscsi?.SecretRef,
            spec.Csi?.NodePublishSecretRef, spec.Csi?.NodeStageSecretRef, spec.Csi?.NodeExpandSecretRef,
        ];
        if (spec.AzureFile is { SecretName.Length: > 0 } file)
            yield return (Or(file.SecretNamespace, claimed), file.SecretName);
        if (spec.Storageos?.SecretRef is { Name.Length: > 0 } other)
            yield return (Or(other.NamespaceProperty, claimed), other.Name);
        foreach (var reference in references)
        {
            if (reference is { Name.Length: > 0 })
                yield return (Or(reference.NamespaceProperty, claimed), reference.Name);
        }

        static string Or(string? first, string second) => string.IsNullOrEmpty(first) ? second : first;
    }
}
