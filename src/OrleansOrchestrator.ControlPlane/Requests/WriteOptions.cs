using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Requests;

/// <summary>How strictly a body's fields are read.</summary>
public enum FieldValidation
{
    /// <summary>Unknown and duplicate fields are dropped.</summary>
    Ignore,

    /// <summary>They are dropped, and the sender is warned.</summary>
    Warn,

    /// <summary>They refuse the request.</summary>
    Strict,
}

/// <summary>Whether a write keeps <c>metadata.managedFields</c>.</summary>
public enum FieldTracking
{
    /// <summary>It does, and gives some to the objects that it creates.</summary>
    Full,

    /// <summary>It does where there are some. Objects that the control plane creates in great number stay small.</summary>
    Existing,

    /// <summary>They are part of what is written, and right.</summary>
    Settled,
}

/// <summary>Options of a write.</summary>
public sealed record WriteOptions
{
    /// <summary>The control plane's own writes.</summary>
    public static WriteOptions ControlPlane { get; } = new()
    {
        User = UserInfo.ControlPlane,
        FieldManager = "orchestrator",
        Tracking = FieldTracking.Existing,
    };

    /// <summary>Who asks.</summary>
    public required UserInfo User { get; init; }

    /// <summary>Do everything but commit.</summary>
    public bool DryRun { get; init; }

    /// <summary>How strictly the body's fields are read.</summary>
    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;

    /// <summary>Faults of fields that were found before the body became JSON: keys that YAML gives more than once.</summary>
    public IReadOnlyList<string> YamlFaults { get; init; } = [];

    /// <summary>The name under which managed fields are kept.</summary>
    public string FieldManager { get; init; } = "unknown";

    /// <summary>Whether managed fields are kept.</summary>
    public FieldTracking Tracking { get; init; }

    /// <summary>Receives warnings for the sender; each becomes a <c>Warning</c> header.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>Options of a deletion.</summary>
public sealed record DeletionOptions
{
    /// <summary>The grace period in seconds; null for the object's own.</summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary>What happens to dependents; null for the kind's default.</summary>
    public DeletionPropagation? Propagation { get; init; }

    /// <summary>Delete only the object with this uid.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only if it is still at this revision.</summary>
    public string? ResourceVersion { get; init; }
}

/// <summary>The formats of patches.</summary>
public enum PatchType
{
    /// <summary>RFC 6902.</summary>
    JsonPatch,

    /// <summary>RFC 7386.</summary>
    MergePatch,

    /// <summary>Kubernetes' merge patch, which knows the keys of lists.</summary>
    StrategicMergePatch,
}
