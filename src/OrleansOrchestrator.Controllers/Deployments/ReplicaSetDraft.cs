using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>A ReplicaSet of a Deployment, as observed and as wanted. All its changes become one write.</summary>
internal sealed class ReplicaSetDraft
{
    private readonly bool _exists;
    private V1ReplicaSet? _wanted;

    private ReplicaSetDraft(V1ReplicaSet observed, bool exists)
    {
        Observed = observed;
        _exists = exists;
    }

    /// <summary>The observed ReplicaSet; one that is to be created has no replicas here.</summary>
    public V1ReplicaSet Observed { get; }

    /// <summary>Its name.</summary>
    public string Name => Observed.Metadata.Name;

    /// <summary>How many replicas it is to have.</summary>
    public int Replicas => Present.Spec.Replicas ?? 1;

    /// <summary>
    /// Whether its status is one of its present number. An older one says nothing: pods that it counts may have been deleted
    /// since, and others created.
    /// </summary>
    public bool IsCounted => (Observed.Status?.ObservedGeneration ?? 0) >= (Observed.Metadata.Generation ?? 0);

    /// <summary>Whether it surely wants and has no replicas.</summary>
    public bool IsEmpty => Replicas == 0 && !IsScaled && IsCounted && (Observed.Status?.Replicas ?? 0) == 0;

    /// <summary>How many of these are surely available. Those that it has beyond them are already on their way out, and the unavailable go first.</summary>
    public int Available => IsCounted ? Math.Min(Replicas, Observed.Status?.AvailableReplicas ?? 0) : 0;

    /// <summary>How many of the wanted replicas are known to be unavailable.</summary>
    public int Unavailable => IsCounted ? Replicas - Available : 0;

    /// <summary>Whether the number of replicas changes.</summary>
    public bool IsScaled => Replicas != ObservedReplicas;

    private int ObservedReplicas => Observed.Spec.Replicas ?? 1;

    private V1ReplicaSet Present => _wanted ?? Observed;

    /// <summary>A draft of a set that exists.</summary>
    public static ReplicaSetDraft Of(V1ReplicaSet observed) => new(observed, exists: true);

    /// <summary>A draft of a set that is to be created.</summary>
    public static ReplicaSetDraft New(V1ReplicaSet empty) => new(empty, exists: false);

    /// <summary>An annotation; null if there is none.</summary>
    public string? Annotation(string name) => Present.Metadata.Annotations is { } annotations && annotations.TryGetValue(name, out var value) ? value : null;

    /// <summary>The number in an annotation; null if there is none.</summary>
    public long? NumberIn(string annotation) =>
        long.TryParse(Annotation(annotation), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Sets an annotation.</summary>
    public void Annotate(string name, string value)
    {
        if (Annotation(name) != value)
            (Change().Metadata.Annotations ??= new Dictionary<string, string>())[name] = value;
    }

    /// <summary>Sets how many seconds a pod must be ready to count as available.</summary>
    public void SetMinReadySeconds(int? seconds)
    {
        if ((Present.Spec.MinReadySeconds ?? 0) != (seconds ?? 0))
            Change().Spec.MinReadySeconds = seconds;
    }

    /// <summary>Sets the number of replicas, and records the Deployment's size at that time.</summary>
    public void ScaleTo(int replicas, RolloutBounds bounds)
    {
        if (Replicas != replicas)
            Change().Spec.Replicas = replicas;
        Annotate(DeploymentAnnotations.DesiredReplicas, bounds.Replicas.ToString(CultureInfo.InvariantCulture));
        Annotate(DeploymentAnnotations.MaxReplicas, bounds.Max.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The write of the changes; null if there is none.</summary>
    public ObjectAction? Action() => (_exists, _wanted) switch
    {
        (false, _) => new CreateObject(WellKnownResources.ReplicaSets, Present)
        {
            EventOnSuccess = Replicas > 0 ? ScalingEvent : null,
            EventOnFailure = error => new PlannedEvent("Warning", DeploymentConditions.ReplicaSetCreateError, CreationFault(error)),
        },
        (true, { } wanted) => new UpdateObject(WellKnownResources.ReplicaSets, wanted) { EventOnSuccess = IsScaled ? ScalingEvent : null },
        _ => null,
    };

    /// <summary>The message for a ReplicaSet that cannot be created.</summary>
    public string CreationFault(string error) => $"Failed to create new replica set \"{Name}\": {error}";

    private PlannedEvent ScalingEvent(string name)
    {
        var direction = Replicas > ObservedReplicas ? "up" : "down";
        return new PlannedEvent("Normal", "ScalingReplicaSet", $"Scaled {direction} replica set {name} from {ObservedReplicas} to {Replicas}");
    }

    private V1ReplicaSet Change() => _wanted ??= ObjectCodec.Clone(Observed);
}
