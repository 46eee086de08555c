using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Tests.Events;

/// <summary>What the group <c>events.k8s.io</c> asks of events beyond what core does.</summary>
public class EventVersionRulesTests
{
    private static readonly VersionCase Newer = new("events.k8s.io", "v1", "events");

    [Fact]
    public void Event_OfTheNewerGroup_IsAccepted() => Faults(_ => { }).ShouldBe("");

    [Fact]
    public void Event_WithoutWhatTheNewerGroupAsksFor_IsRefused() => Faults(one =>
    {
        one.ReportingController = null;
        one.ReportingInstance = null;
        one.Action = null;
        one.Reason = null;
        one.Type = "Odd";
    }).ShouldBe(
        """
        reportingController: Required value
        reportingInstance: Required value
        action: Required value
        reason: Required value
        type: Invalid value: "": has invalid value: Odd
        """);

    [Fact]
    public void Event_WithoutATime_IsRefused() => Faults(one => one.EventTime = null).ShouldBe("eventTime: Required value");

    [Fact]
    public void Event_WithWhatIsDeprecated_IsRefused() => Faults(one =>
    {
        one.DeprecatedCount = 1;
        one.DeprecatedFirstTimestamp = Time;
        one.DeprecatedLastTimestamp = Time;
        one.DeprecatedSource = new V1EventSource { Component = "robot" };
        one.Series = new Eventsv1EventSeries { Count = 1, LastObservedTime = default };
    }).ShouldBe(
        """
        series.count: Invalid value: "": should be at least 2
        series.lastObservedTime: Required value
        firstTimestamp: Invalid value: "": needs to be unset
        lastTimestamp: Invalid value: "": needs to be unset
        count: Invalid value: "": needs to be unset
        source: Invalid value: "": needs to be unset
        """);

    [Fact]
    public void Event_Changed_IsRefusedButForItsSeriesAndNote()
    {
        ChangeFaults(one => one.Series = new Eventsv1EventSeries { Count = 2, LastObservedTime = Time }).ShouldBe("");
        ChangeFaults(one => one.EventTime = Time.AddTicks(3)).ShouldBe("");
        ChangeFaults(one => one.Note = "other").ShouldBe("");
        ChangeFaults(one =>
        {
            one.Regarding.Name = "q";
            one.EventTime = Time.AddSeconds(1);
        }).ShouldBe(
            """
            involvedObject: Invalid value: {"kind":"Pod","name":"q","namespace":"n"}: field is immutable
            eventTime: Invalid value: "2026-03-01T12:00:01Z": field is immutable
            """);
    }

    private static DateTime Time { get; } = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static Eventsv1Event Valid => new()
    {
        Metadata = new V1ObjectMeta { Name = "e", NamespaceProperty = "n" },
        Regarding = new V1ObjectReference { Kind = "Pod", Name = "p", NamespaceProperty = "n" },
        EventTime = Time,
        ReportingController = "example.org/robot",
        ReportingInstance = "robot-1",
        Action = "Look",
        Reason = "Looked",
        Type = "Normal",
    };

    private static string Faults(Action<Eventsv1Event> change)
    {
        var errors = new FieldErrors();
        Newer.ServedVersion.Validate(Newer.ServedVersion.ToStorage(With(change)), errors);
        return string.Join('\n', errors.All);
    }

    private static string ChangeFaults(Action<Eventsv1Event> change)
    {
        var errors = new FieldErrors();
        Newer.ServedVersion.ValidateUpdate(Newer.ServedVersion.ToStorage(With(change)), Newer.ServedVersion.ToStorage(Valid), errors);
        return string.Join('\n', errors.All);
    }

    private static Eventsv1Event With(Action<Eventsv1Event> change)
    {
        var one = Valid;
        change(one);
        return one;
    }
}
