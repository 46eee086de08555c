using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Events;

/// <summary>Something that happened to an object, for people to read. An event is deleted after an hour.</summary>
internal sealed class EventKind : ResourceDefinition<Corev1Event>
{
    public override string Kind => "Event";

    public override string Plural => "events";

    public override IReadOnlyList<string> ShortNames => ["ev"];

    public override Durability Durability => Durability.WriteBehind;

    public override TimeSpan? TimeToLive { get; } = TimeSpan.FromHours(1);

    public override bool AllowCreateOnUpdate => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } =
    [
        new("involvedObject.kind"),
        new("involvedObject.namespace"),
        new("involvedObject.name", Indexed: true),
        new("involvedObject.uid"),
        new("involvedObject.apiVersion"),
        new("involvedObject.resourceVersion"),
        new("involvedObject.fieldPath"),
        new("reason"),
        new("reportingComponent"),
        new("source") { JsonPath = "source.component", StandIn = "reportingComponent" },
        new("type"),
    ];

    protected override IReadOnlyList<ServedVersion> OtherVersions => [new EventsGroupVersion(this)];

    protected override IReadOnlyList<TableColumn<Corev1Event>> TypedColumns =>
    [
        new("Last Seen", LastSeen),
        TableColumn<Corev1Event>.Of("Type", one => one.Type ?? ""),
        TableColumn<Corev1Event>.Of("Reason", one => one.Reason ?? ""),
        TableColumn<Corev1Event>.Of("Object", ObjectOf),
        TableColumn<Corev1Event>.Of("Subobject", one => one.InvolvedObject?.FieldPath ?? "", priority: 1),
        TableColumn<Corev1Event>.Of("Source", SourceOf, priority: 1),
        TableColumn<Corev1Event>.Of("Message", one => (one.Message ?? "").Trim()),
        new("First Seen", FirstSeen, Priority: 1),
        TableColumn<Corev1Event>.Of("Count", CountOf, priority: 1),
        new("Name", (one, _) => one.Metadata.Name, Priority: 1, Format: "name"),
    ];

    protected override void Validate(Corev1Event obj, FieldErrors errors) => EventValidation.Validate(obj, "reportingComponent", errors);

    private static string FirstSeen(Corev1Event one, DateTimeOffset now) => HumanDuration.Since(one.FirstTimestamp ?? one.EventTime, now);

    private static string LastSeen(Corev1Event one, DateTimeOffset now)
    {
        if (one.Series is { } series)
            return HumanDuration.Since(series.LastObservedTime, now);
        return one.LastTimestamp is null ? FirstSeen(one, now) : HumanDuration.Since(one.LastTimestamp, now);
    }

    // An event that happened once may have no count.
    private static string CountOf(Corev1Event one) =>
        (one.Series?.Count ?? one.Count.Or(1)).ToString(CultureInfo.InvariantCulture);

    private static string ObjectOf(Corev1Event one)
    {
        var kind = (one.InvolvedObject?.Kind ?? "").ToLowerInvariant();
        return string.IsNullOrEmpty(one.InvolvedObject?.Name) ? kind : $"{kind}/{one.InvolvedObject.Name}";
    }

    private static string SourceOf(Corev1Event one)
    {
        var component = (one.Source?.Component).Or(one.ReportingComponent ?? "");
        var host = (one.Source?.Host).Or(one.ReportingInstance ?? "");
        return host.Length == 0 ? component : $"{component}, {host}";
    }
}
