using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Events;

/// <summary>Converts events from and to the group <c>events.k8s.io</c>: the same objects, with newer names for most fields.</summary>
internal sealed class EventsGroupVersion(ResourceDefinition definition) : ConvertedVersion<Corev1Event, Eventsv1Event>(definition)
{
    private const string ControllerField = "reportingController";

    private static readonly FrozenDictionary<string, string> StorageFields = new Dictionary<string, string>
    {
        ["regarding.kind"] = "involvedObject.kind",
        ["regarding.namespace"] = "involvedObject.namespace",
        ["regarding.name"] = "involvedObject.name",
        ["regarding.uid"] = "involvedObject.uid",
        ["regarding.apiVersion"] = "involvedObject.apiVersion",
        ["regarding.resourceVersion"] = "involvedObject.resourceVersion",
        ["regarding.fieldPath"] = "involvedObject.fieldPath",
        [ControllerField] = "reportingComponent",
        ["reason"] = "reason",
        ["type"] = "type",
        ["metadata.name"] = "metadata.name",
        ["metadata.namespace"] = "metadata.namespace",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public override string Group => "events.k8s.io";

    public override string? StorageField(string field) => StorageFields.GetValueOrDefault(field);

    public override void Validate(KubeObject obj, FieldErrors errors)
    {
        EventValidation.Validate((Corev1Event)obj, ControllerField, errors);
        EventValidation.ValidateNew((Corev1Event)obj, errors);
    }

    public override void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors)
    {
        EventValidation.Validate((Corev1Event)updated, ControllerField, errors);
        EventValidation.ValidateChange((Corev1Event)updated, (Corev1Event)current, errors);
    }

    protected override Corev1Event ToStorage(Eventsv1Event obj) => new()
    {
        Metadata = obj.Metadata,
        InvolvedObject = obj.Regarding,
        Related = obj.Related,
        Reason = obj.Reason,
        Action = obj.Action,
        Message = obj.Note,
        Type = obj.Type,
        EventTime = obj.EventTime,
        ReportingComponent = obj.ReportingController,
        ReportingInstance = obj.ReportingInstance,
        Series = obj.Series is { } series
            ? new Corev1EventSeries { Count = series.Count, LastObservedTime = series.LastObservedTime }
            : null,
        Source = obj.DeprecatedSource,
        FirstTimestamp = obj.DeprecatedFirstTimestamp,
        LastTimestamp = obj.DeprecatedLastTimestamp,
        Count = obj.DeprecatedCount,
    };

    protected override Eventsv1Event FromStorage(Corev1Event obj) => new()
    {
        Metadata = obj.Metadata,
        Regarding = obj.InvolvedObject,
        Related = obj.Related,
        Reason = obj.Reason,
        Action = obj.Action,
        Note = obj.Message,
        Type = obj.Type,
        EventTime = obj.EventTime,
        ReportingController = obj.ReportingComponent,
        ReportingInstance = obj.ReportingInstance,
        Series = obj.Series is { } series
            ? new Eventsv1EventSeries { Count = series.Count ?? 0, LastObservedTime = series.LastObservedTime ?? default }
            : null,
        DeprecatedSource = obj.Source,
        DeprecatedFirstTimestamp = obj.FirstTimestamp,
        DeprecatedLastTimestamp = obj.LastTimestamp,
        DeprecatedCount = obj.Count,
    };
}
