namespace OrleansOrchestrator.ControlPlane.NodeAccess;

/// <summary>The kinds of objects that are related to nodes.</summary>
internal enum RelatedKind
{
    /// <summary>A pod, which is on one node.</summary>
    Pod,

    /// <summary>A secret, to which pods and their volumes refer.</summary>
    Secret,

    /// <summary>A config map, to which pods refer.</summary>
    ConfigMap,

    /// <summary>A service account, as which pods run.</summary>
    ServiceAccount,

    /// <summary>A claim to a device, to which pods refer.</summary>
    ResourceClaim,

    /// <summary>A claim to a volume, to which pods refer.</summary>
    PersistentVolumeClaim,

    /// <summary>A volume, which such a claim has.</summary>
    PersistentVolume,

    /// <summary>A volume that is a folder of one node.</summary>
    LocalFolder,

    /// <summary>The attachment of a volume, which is to one node.</summary>
    VolumeAttachment,
}
