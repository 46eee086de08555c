namespace OrleansOrchestrator.Kinds.Tests.Events;

public class EventKindTests
{
    private static readonly KindCase Events = new("events");

    [Theory]
    [InlineData("ns", "{'kind':'Pod','name':'p','namespace':'ns'}", "")]
    [InlineData("default", "{'kind':'Node','name':'n'}", "")]
    [InlineData("ns", "{'kind':'Pod','name':'p','namespace':'other'}", "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace")]
    [InlineData("ns", "{'kind':'Node','name':'n'}", "involvedObject.namespace: Invalid value: \"\": does not match event.namespace")]
    public void Namespace_OtherThanTheObjects_IsRefused(string ns, string involved, string fault) =>
        Events.Faults($"{{'metadata':{{'name':'e','namespace':'{ns}'}},'involvedObject':{involved}}}").ShouldBe(fault);

    [Fact]
    public void ExactTime_WithoutTheNewerFields_IsRefused() =>
        Events.Faults("{'metadata':{'name':'e','namespace':'ns'},'involvedObject':{'namespace':'ns'},'eventTime':'2026-03-01T11:00:00.000000Z'}")
            .ShouldBe("reportingComponent: Required value\nreportingInstance: Required value\naction: Required value\nreason: Required value");

    [Theory]
    [InlineData("{'firstTimestamp':'2026-03-01T11:00:00Z','lastTimestamp':'2026-03-01T11:59:00Z','count':3}", "60s", "60m", "3")]
    [InlineData("{'firstTimestamp':'2026-03-01T11:00:00Z'}", "60m", "60m", "1")]
    [InlineData("{'eventTime':'2026-03-01T11:50:00Z'}", "10m", "10m", "1")]
    [InlineData("{'eventTime':'2026-03-01T11:00:00Z','series':{'count':9,'lastObservedTime':'2026-03-01T11:59:50Z'}}", "10s", "60m", "9")]
    [InlineData("{}", "<unknown>", "<unknown>", "1")]
    public void Row_WithAnyOfItsTimes_TellsWhenAndHowOften(string times, string last, string first, string count)
    {
        var one = KindCase.Merge("{'metadata':{'name':'e'},'type':'Normal','reason':'Started','message':' ok\\n','involvedObject':{'kind':'Pod','name':'p','fieldPath':'f'},'source':{'component':'kubelet','host':'n1'}}", times);

        Events.Headings().ShouldBe("Last Seen | Type | Reason | Object | Message");
        Events.Row(one).ShouldBe($"{last} | Normal | Started | pod/p | ok");
        Events.Headings(wide: true).ShouldBe("Last Seen | Type | Reason | Object | Subobject | Source | Message | First Seen | Count | Name");
        Events.Row(one, wide: true).ShouldBe($"{last} | Normal | Started | pod/p | f | kubelet, n1 | ok | {first} | {count} | e");
    }
}
