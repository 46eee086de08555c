using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Events;

/// <summary>Validates events. The core group has few rules; the newer group has more.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/core/validation/events.go; faults come in the same order.</remarks>
internal static class EventValidation
{
    // Events about cluster-scoped objects are in one of these namespaces.
    private const string ClusterScopedNamespace = "default";
    private const string SystemNamespace = "kube-system";
    private const int WordCharactersMax = 128;
    private const int NoteCharactersMax = 1024;
    private const int SeriesCountMin = 2;

    /// <summary>Validates all events.</summary>
    /// <param name="obj">The event.</param>
    /// <param name="controllerField">The name of the field for the reporting controller in the client's version.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void Validate(Corev1Event obj, string controllerField, FieldErrors errors)
    {
        ValidateNamespace(obj, errors);
        if (obj.EventTime is null)
            return;

        // An event with an eventTime follows the newer rules.
        var controller = FieldPath.Root(controllerField);
        if (string.IsNullOrEmpty(obj.ReportingComponent))
            errors.Required(controller);
        else
            errors.Invalid(controller, obj.ReportingComponent, NameRules.IsQualifiedName(obj.ReportingComponent));
        ValidateWord(obj.ReportingInstance, "reportingInstance", errors);
        ValidateWord(obj.Action, "action", errors);
        ValidateWord(obj.Reason, "reason", errors);
        if (obj.Message?.Length > NoteCharactersMax)
            errors.Invalid(FieldPath.Root("message"), "", $"can have at most {NoteCharactersMax} characters");
    }

    /// <summary>Validates a new event of the newer group.</summary>
    public static void ValidateNew(Corev1Event obj, FieldErrors errors)
    {
        ValidateSeries(obj.Series, errors);
        if (obj.EventTime is null)
            errors.Required(FieldPath.Root("eventTime"));
        if (obj.Type is not ("Normal" or "Warning"))
            errors.Invalid(FieldPath.Root("type"), "", $"has invalid value: {obj.Type}");
        ValidateUnset(obj.FirstTimestamp is not null, "firstTimestamp", errors);
        ValidateUnset(obj.LastTimestamp is not null, "lastTimestamp", errors);
        ValidateUnset(obj.Count is not (null or 0), "count", errors);
        ValidateUnset(!string.IsNullOrEmpty(obj.Source?.Component) || !string.IsNullOrEmpty(obj.Source?.Host), "source", errors);
    }

    /// <summary>Validates an update through the newer group: only the series and the note may change.</summary>
    /// <remarks>Kubernetes' conformance test of the group (v1.20) changes the note. Releases from 1.24 on refuse that too.</remarks>
    public static void ValidateChange(Corev1Event updated, Corev1Event current, FieldErrors errors)
    {
        if ((updated.Series?.Count, updated.Series?.LastObservedTime) != (current.Series?.Count, current.Series?.LastObservedTime))
            ValidateSeries(updated.Series, errors);
        Same(updated.InvolvedObject, current.InvolvedObject, "involvedObject", errors);
        Same(updated.Reason ?? "", current.Reason ?? "", "reason", errors);
        Same(updated.Source ?? new(), current.Source ?? new(), "source", errors);
        Same(updated.FirstTimestamp, current.FirstTimestamp, "firstTimestamp", errors);
        Same(updated.LastTimestamp, current.LastTimestamp, "lastTimestamp", errors);
        Same(updated.Count ?? 0, current.Count ?? 0, "count", errors);
        Same(updated.Type ?? "", current.Type ?? "", "type", errors);
        if (MicrosecondsOf(updated.EventTime) != MicrosecondsOf(current.EventTime))
            errors.Invalid(FieldPath.Root("eventTime"), updated.EventTime, "field is immutable");
        Same(updated.Action ?? "", current.Action ?? "", "action", errors);
        Same(updated.Related, current.Related, "related", errors);
        Same(updated.ReportingComponent ?? "", current.ReportingComponent ?? "", "reportingController", errors);
        Same(updated.ReportingInstance ?? "", current.ReportingInstance ?? "", "reportingInstance", errors);
    }

    private static void ValidateNamespace(Corev1Event obj, FieldErrors errors)
    {
        var (own, involved) = (obj.Metadata.NamespaceProperty, obj.InvolvedObject?.NamespaceProperty ?? "");
        var fits = obj.EventTime is null
            ? own == (involved.Length == 0 ? ClusterScopedNamespace : involved)
            : involved.Length > 0 || own is ClusterScopedNamespace or SystemNamespace;
        if (!fits)
            errors.Invalid(FieldPath.Root("involvedObject").Child("namespace"), involved, "does not match event.namespace");
    }

    private static void ValidateWord(string? word, string field, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(word))
            errors.Required(FieldPath.Root(field));
        else if (word.Length > WordCharactersMax)
            errors.Invalid(FieldPath.Root(field), "", $"can have at most {WordCharactersMax} characters");
    }

    private static void ValidateSeries(Corev1EventSeries? series, FieldErrors errors)
    {
        if (series is null)
            return;
        var path = FieldPath.Root("series");
        if ((series.Count ?? 0) < SeriesCountMin)
            errors.Invalid(path.Child("count"), "", $"should be at least {SeriesCountMin}");
        if (series.LastObservedTime is null || series.LastObservedTime == default(DateTime))
            errors.Required(path.Child("lastObservedTime"));
    }

    private static void ValidateUnset(bool isSet, string field, FieldErrors errors)
    {
        if (isSet)
            errors.Invalid(FieldPath.Root(field), "", "needs to be unset");
    }

    private static void Same<T>(T updated, T current, string field, FieldErrors errors) =>
        ImmutableRules.Validate(updated, current, FieldPath.Root(field), errors);

    // A client may have truncated the time to the precision of the wire format.
    private static long? MicrosecondsOf(DateTime? time) => time?.ToUniversalTime().Ticks / TimeSpan.TicksPerMicrosecond;
}
