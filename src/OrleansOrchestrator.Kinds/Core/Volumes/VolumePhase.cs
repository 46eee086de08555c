namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>The phases of a PersistentVolume (<c>status.phase</c>).</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase.</remarks>
public static class VolumePhase
{
    /// <summary>Nobody has looked at it yet.</summary>
    public const string Pending = "Pending";

    /// <summary>It has no claim.</summary>
    public const string Available = "Available";

    /// <summary>It has a claim.</summary>
    public const string Bound = "Bound";

    /// <summary>Its claim is gone, and it waits for what its policy says.</summary>
    public const string Released = "Released";

    /// <summary>What its policy says cannot be done.</summary>
    public const string Failed = "Failed";
}

/// <summary>The phases of a PersistentVolumeClaim (<c>status.phase</c>).</summary>
public static class ClaimPhase
{
    /// <summary>It has no volume yet.</summary>
    public const string Pending = "Pending";

    /// <summary>It has a volume.</summary>
    public const string Bound = "Bound";

    /// <summary>Its volume is gone, and the data with it.</summary>
    public const string Lost = "Lost";
}

/// <summary>What becomes of a volume when its claim is gone.</summary>
public static class ReclaimPolicies
{
    /// <summary>It goes, with its data.</summary>
    public const string Delete = "Delete";

    /// <summary>It stays, for an administrator to decide.</summary>
    public const string Retain = "Retain";

    /// <summary>It is emptied for the next claim. Nothing does that any more.</summary>
    public const string Recycle = "Recycle";
}

/// <summary>How a volume may be used.</summary>
public static class AccessModes
{
    /// <summary>By one node.</summary>
    public const string ReadWriteOnce = "ReadWriteOnce";

    /// <summary>By one pod.</summary>
    public const string ReadWriteOncePod = "ReadWriteOncePod";

    /// <summary>By many nodes, which only read it.</summary>
    public const string ReadOnlyMany = "ReadOnlyMany";

    /// <summary>By many nodes.</summary>
    public const string ReadWriteMany = "ReadWriteMany";
}
