namespace OrleansOrchestrator.Kinds.Tests.Events;

public class EventVersionTests
{
    private static readonly VersionCase Newer = new("events.k8s.io", "v1", "events");

    [Theory]
    [InlineData("""{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"web"},"reason":"Pulled","message":"m","type":"Normal","count":3,"firstTimestamp":"2026-03-01T11:00:00Z","lastTimestamp":"2026-03-01T11:05:00Z","source":{"component":"kubelet","host":"n"}}""")]
    [InlineData("""{"metadata":{"name":"e"},"involvedObject":{},"related":{"kind":"Node"},"eventTime":"2026-03-01T11:00:00.000001Z","series":{"count":2,"lastObservedTime":"2026-03-01T11:00:00.000002Z"},"action":"Binding","reportingComponent":"s","reportingInstance":"s-1"}""")]
    [InlineData("""{"metadata":{"name":"e"}}""")]
    public void Event_ShownAndSentBack_IsWhatItWas(string stored) => Newer.ShouldReturn(stored);

    [Fact]
    public void Fields_OfTheNewerGroup_HaveItsNames() => KindCase.ShouldBeJson(
        Newer.Shown("""{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod"},"message":"m","reportingComponent":"s","count":2}"""),
        """
        {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},
         "regarding":{"kind":"Pod"},"note":"m","reportingController":"s","deprecatedCount":2}
        """);
}
