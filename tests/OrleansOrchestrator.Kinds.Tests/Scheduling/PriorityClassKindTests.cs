namespace OrleansOrchestrator.Kinds.Tests.Scheduling;

public class PriorityClassKindTests
{
    private static readonly KindCase Classes = new("priorityclasses", "scheduling.k8s.io");

    [Fact]
    public void Class_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Classes.Created("{'metadata':{'name':'high'},'value':10}"),
        """{"metadata":{"name":"high"},"value":10,"preemptionPolicy":"PreemptLowerPriority"}""");

    [Theory]
    [InlineData("{'metadata':{'name':'high'},'value':1000000000}", "")]
    [InlineData("{'metadata':{'name':'high'},'value':1000000001}", "value: Forbidden: maximum allowed value of a user defined priority is 1000000000")]
    [InlineData("{'metadata':{'name':'high'},'preemptionPolicy':'Always'}", "preemptionPolicy: Unsupported value: \"Always\": supported values: \"Never\", \"PreemptLowerPriority\"")]
    [InlineData("{'metadata':{'name':'system-cluster-critical'},'value':2000000000}", "")]
    [InlineData("{'metadata':{'name':'system-x'},'value':1}", "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class")]
    [InlineData("{'metadata':{'name':'system-node-critical'},'value':1}", "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000")]
    public void Class_Faults_AreTold(string json, string fault) => Classes.Faults(json).ShouldBe(fault);

    [Theory]
    [InlineData("{'description':'other'}", "")]
    [InlineData("{'value':2}", "value: Forbidden: may not be changed in an update.")]
    [InlineData("{'preemptionPolicy':'Never'}", "preemptionPolicy: Invalid value: \"Never\": field is immutable")]
    public void Update_OfWhatPodsHaveAlready_IsRefused(string change, string fault) =>
        Classes.UpdateFaults("{'metadata':{'name':'a'},'value':1}", KindCase.Merge("{'metadata':{'name':'a'},'value':1}", change)).ShouldBe(fault);

    [Fact]
    public void Row_OfAClass_TellsItsValue()
    {
        Classes.Headings().ShouldBe("Name | Value | Global-Default | Age | PreemptionPolicy");
        Classes.Row("{'metadata':{'name':'high'},'value':10,'globalDefault':true,'preemptionPolicy':'Never'}").ShouldBe("high | 10 | True | <unknown> | Never");
    }
}
