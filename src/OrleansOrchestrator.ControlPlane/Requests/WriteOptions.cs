using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Requests;

/// <summary>How strictly a body's fields are read.</summary>
public enum FieldValidation
{
    /// <summary>Drop unknown and duplicate fields.</summary>
    Ignore,

    /// <summary>Drop them and warn the sender.</summary>
    Warn,

    /// <summary>Refuse the request.</summary>
    Strict,
}

/// <summary>Whether a write maintains <c>metadata.managedFields</c>.</summary>
public enum FieldTracking
{
    /// <summary>Always, also for objects that it creates.</summary>
    Full,

    /// <summary>Only on objects that have some. Objects that the control plane creates in great number stay small.</summary>
    Existing,

    /// <summary>The object to be written already has the right ones.</summary>
    Settled,
}

/// <summary>Options of a write.</summary>
public sealed record WriteOptions
{
    /// <summary>Options of the control plane's own writes.</summary>
    public static WriteOptions ControlPlane { get; } = new()
    {
        User = UserInfo.ControlPlane,
        FieldManager = "orchestrator",
        Tracking = FieldTracking.Existing,
    };

    /// <summary>The user who sends the request.</summary>
    public required UserInfo User { get; init; }

    /// <summary>Whether to do everything but commit.</summary>
    public bool DryRun { get; init; }

    /// <summary>How strictly the body's fields are read.</summary>
    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;

    /// <summary>Faults that YAML parsing found before the body became JSON: duplicate keys.</summary>
    public IReadOnlyList<string> YamlFaults { get; init; } = [];

    /// <summary>The manager's name in managed fields.</summary>
    public string FieldManager { get; init; } = "unknown";

    /// <summary>Whether to maintain managed fields.</summary>
    public FieldTracking Tracking { get; init; }

    /// <summary>Throws if the sender of an update or apply may not create the object, which does not exist; null for the control plane's own
    /// writes.</summary>
    public Func<CancellationToken, ValueTask>? RequireCreate { get; init; }

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

    /// <summary>For pods, the external reason, which the same write puts into the pod's conditions; null for none.</summary>
    public PodDisruption? Disruption { get; init; }

    /// <summary>For pods, whether nothing of the pod runs any more, so that the same write makes it Failed unless it has ended already.</summary>
    public bool FailsPod { get; init; }
}

/// <summary>The formats of patches.</summary>
public enum PatchType
{
    /// <summary>RFC 6902.</summary>
    JsonPatch,

    /// <summary>RFC 7386.</summary>
    MergePatch,

    /// <summary>Kubernetes' merge patch, which merges lists by key.</summary>
    StrategicMergePatch,
}
