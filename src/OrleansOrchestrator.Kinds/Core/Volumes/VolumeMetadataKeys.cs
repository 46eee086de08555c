namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The annotations and finalizers of claims and volumes.</summary>
/// <remarks>https://kubernetes.io/docs/reference/labels-annotations-taints/</remarks>
public static class VolumeMetadataKeys
{
    /// <summary>The annotation of a claim that is bound for good: from then on the loss of its volume is the loss of data.</summary>
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";

    /// <summary>The annotation of a claim whose volume, and of a volume whose claim, a controller chose and not a user.</summary>
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";

    /// <summary>The annotation of a volume with the name of the provisioner that made it.</summary>
    public const string ProvisionedBy = "pv.kubernetes.io/provisioned-by";

    /// <summary>The annotation of a claim with the node that the scheduler chose for its first consumer.</summary>
    public const string SelectedNode = "volume.kubernetes.io/selected-node";

    /// <summary>The annotation of a claim with the name of the provisioner that is to make its volume.</summary>
    public const string StorageProvisioner = "volume.kubernetes.io/storage-provisioner";

    /// <summary>The older form of <see cref="StorageProvisioner"/>.</summary>
    public const string BetaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner";

    /// <summary>The older form of <c>spec.storageClassName</c>.</summary>
    public const string StorageClass = "volume.beta.kubernetes.io/storage-class";

    /// <summary>The finalizer of a claim, which stays as long as a pod uses the claim.</summary>
    public const string ClaimProtection = "kubernetes.io/pvc-protection";

    /// <summary>The finalizer of a volume, which stays as long as a claim is bound to the volume.</summary>
    public const string VolumeProtection = "kubernetes.io/pv-protection";
}
