using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.FlowControl;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Containers that are scheduled and run together.</summary>
internal sealed class PodKind : ResourceDefinition<V1Pod>
{
    public override string Kind => "Pod";

    public override string Plural => "pods";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["po"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } =
    [
        new("spec.nodeName", Indexed: true) { Alias = "spec.host" },
        new("spec.restartPolicy"),
        new("spec.schedulerName"),
        new("spec.serviceAccountName"),
        new("spec.hostNetwork", "false"),
        new("status.phase"),
        new("status.podIP"),
        // Kubernetes accepts this field selector for the list too, but its value is always empty.
        new("status.podIPs"),
        new("status.nominatedNodeName"),
    ];

    protected override IReadOnlyList<TableColumn<V1Pod>> TypedColumns =>
    [
        TableColumn<V1Pod>.Name,
        TableColumn<V1Pod>.Of("Ready", ReadyOf),
        TableColumn<V1Pod>.Of("Status", pod => PodSummary.Of(pod).Reason),
        new("Restarts", (pod, now) => PodSummary.Of(pod).RestartsText(now)),
        TableColumn<V1Pod>.Age,
        TableColumn<V1Pod>.Of("IP", pod => (pod.Status?.PodIPs).OrNone().FirstOrDefault()?.Ip.Or("<none>") ?? "<none>", priority: 1),
        TableColumn<V1Pod>.Of("Node", pod => (pod.Spec?.NodeName).Or("<none>"), priority: 1),
        TableColumn<V1Pod>.Of("Nominated Node", pod => (pod.Status?.NominatedNodeName).Or("<none>"), priority: 1),
        TableColumn<V1Pod>.Of("Readiness Gates", ReadinessGatesOf, priority: 1),
    ];

    // A pod that no node has never runs. What waits for its end, such as the Job whose finalizer it has, learns it from its phase.
    public override void PrepareForDeletion(KubeObject obj)
    {
        if (obj is V1Pod { IsTerminal: false, Metadata.Finalizers.Count: > 0 } pod && string.IsNullOrEmpty(pod.Spec?.NodeName))
            (pod.Status ??= new V1PodStatus()).Phase = PodPhase.Failed;
    }

    public override bool TryPrepareForPartUpdate(string subresource, KubeObject updated, KubeObject current)
    {
        var (after, before) = ((V1Pod)updated, (V1Pod)current);
        switch (subresource)
        {
            case EphemeralContainers.Subresource:
                var added = after.Spec?.EphemeralContainers;
                after.Spec = ObjectCodec.Clone(before.Spec);
                after.Spec.EphemeralContainers = added;
                break;
            case PodResize.Subresource:
                after.Spec = PodResizeValidation.Prepare(after.Spec, before.Spec);
                break;
            default:
                return false;
        }

        var (changed, kept) = (after.Metadata, before.Metadata);
        (changed.Labels, changed.Annotations, changed.Finalizers, changed.OwnerReferences) = (kept.Labels, kept.Annotations, kept.Finalizers, kept.OwnerReferences);
        PrepareForUpdate(updated, current);
        return true;
    }

    public override void ValidatePartUpdate(string subresource, KubeObject updated, KubeObject current, FieldErrors errors)
    {
        if (subresource == PodResize.Subresource)
            PodResizeValidation.Validate((V1Pod)updated, (V1Pod)current, errors);
        else
            EphemeralContainerValidation.Validate((V1Pod)updated, (V1Pod)current, errors);
    }

    protected override void ApplyDefaults(V1Pod obj)
    {
        if (obj.Spec is not { } spec)
            return;
        PodDefaults.ApplyToPod(spec);

        // A mirror pod shows what its node runs, which refers to no object of the API.
        if (!obj.IsMirror)
            PodDefaults.ApplyServiceAccount(spec);
    }

    protected override void PrepareForCreate(V1Pod obj)
    {
        AffinityLabelKeys.Merge(obj);
        UnseenToleration.Record(obj, null);
        obj.Status = new V1PodStatus
        {
            Phase = PodPhase.Pending,
            QosClass = QosClass.Of(obj.Spec),
            Conditions = !obj.IsGated ? null :
            [
                new V1PodCondition
                {
                    Type = PodConditionTypes.PodScheduled,
                    Status = "False",
                    ObservedGeneration = 1,
                    Reason = "SchedulingGated",
                    Message = "Scheduling is blocked due to non-empty scheduling gates",
                },
            ],
        };
    }

    protected override void PrepareForUpdate(V1Pod updated, V1Pod current) => UnseenToleration.Record(updated, current);

    protected override void PrepareForStatusUpdate(V1Pod updated, V1Pod current)
    {
        UnseenToleration.RecordStatus(updated, current);
        updated.Status ??= new V1PodStatus();
        updated.Status.QosClass = updated.Status.QosClass.Or(current.Status?.QosClass ?? QosClass.Of(current.Spec));
    }

    protected override void AddWarnings(V1Pod pod, V1Pod? current, List<string> warnings)
    {
        // Controllers and nodes change pods too often to compute warnings each time.
        if (current is not null)
            return;
        PodWarnings.AddName(pod.Metadata, "the Pod's hostname", warnings);
        PodWarnings.Add(pod.Spec, pod.Metadata, null, warnings);
    }

    protected override void Validate(V1Pod obj, FieldErrors errors)
    {
        PodSpecValidation.Validate(obj.Spec, FieldPath.Spec, isTemplate: false, errors);
        if (obj.Spec?.EphemeralContainers is { Count: > 0 })
            errors.Forbidden(FieldPath.Spec.Child("ephemeralContainers"), "cannot be set on create");
        if (obj.Spec is { SchedulingGates.Count: > 0, NodeName.Length: > 0 })
            errors.Forbidden(FieldPath.Spec.Child("nodeName"), "cannot be set until all schedulingGates have been cleared");
        MirrorPodValidation.Validate(obj, errors);
    }

    protected override void ValidateUpdate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        PodSpecValidation.Validate(updated.Spec, FieldPath.Spec, isTemplate: false, errors);
        if (updated.Spec is not null && current.Spec is not null)
            PodUpdateValidation.Validate(updated.Spec, current.Spec, errors);
        MirrorPodValidation.ValidateUpdate(updated, current, errors);
    }

    protected override void ValidateStatusUpdate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        PodStatusValidation.Validate(updated, current, errors);
        MirrorPodValidation.ValidateUpdate(updated, current, errors);
    }

    // A pod that is unbound, or whose containers have all ended, needs no grace period.
    protected override long GracePeriodSeconds(V1Pod obj, long? requested)
    {
        if (string.IsNullOrEmpty(obj.Spec?.NodeName) || obj.IsTerminal)
            return 0;
        var seconds = requested ?? obj.Spec.TerminationGracePeriodSeconds ?? PodDefaults.TerminationGracePeriodSeconds;
        return seconds < 0 ? 1 : seconds;
    }

    private static string ReadyOf(V1Pod pod)
    {
        var summary = PodSummary.Of(pod);
        return string.Create(CultureInfo.InvariantCulture, $"{summary.Ready}/{summary.Total}");
    }

    private static string ReadinessGatesOf(V1Pod pod)
    {
        var gates = (pod.Spec?.ReadinessGates).OrNone();
        if (gates.Count == 0)
            return "<none>";
        var open = gates.Count(gate => (pod.Status?.Conditions).OrNone()
            .Any(condition => condition.Type == gate.ConditionType && condition.Status == "True"));
        return string.Create(CultureInfo.InvariantCulture, $"{open}/{gates.Count}");
    }
}
