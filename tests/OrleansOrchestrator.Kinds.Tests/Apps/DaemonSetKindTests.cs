namespace OrleansOrchestrator.Kinds.Tests.Apps;

public class DaemonSetKindTests
{
    private const string Valid =
        "{'metadata':{'name':'log'},'spec':{'selector':{'matchLabels':{'app':'log'}},'template':{'metadata':{'labels':{'app':'log'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

    private static readonly KindCase Sets = new("daemonsets", "apps");

    [Fact]
    public void Set_Minimal_GetsKubernetesDefaults()
    {
        var created = Sets.Created(Valid);
        created["spec"]!.AsObject().Remove("template");
        KindCase.ShouldBeJson(
            created,
            """
            {"metadata":{"name":"log","annotations":{"deprecated.daemonset.template.generation":"1"}},
             "spec":{"selector":{"matchLabels":{"app":"log"}},"revisionHistoryLimit":10,
               "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}},
             "status":{"currentNumberScheduled":0,"desiredNumberScheduled":0,"numberMisscheduled":0,"numberReady":0}}
            """);
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'updateStrategy':{'type':'OnDelete'}}", "")]
    [InlineData("{'selector':{'matchLabels':null}}", "spec.selector: Invalid value: {}: empty selector is invalid for daemonset")]
    [InlineData("{'updateStrategy':{'type':'Now'}}", "spec.updateStrategy: Unsupported value: {\"type\":\"Now\"}: supported values: \"RollingUpdate\", \"OnDelete\"")]
    [InlineData("{'updateStrategy':{'rollingUpdate':{'maxSurge':1}}}", "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero")]
    [InlineData("{'updateStrategy':{'rollingUpdate':{'maxUnavailable':0}}}", "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0")]
    [InlineData("{'updateStrategy':{'rollingUpdate':{'maxSurge':'200%','maxUnavailable':0}}}", "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: \"200%\": must not be greater than 100%")]
    [InlineData("{'template':{'spec':{'activeDeadlineSeconds':5}}}", "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported")]
    [InlineData("{'minReadySeconds':-1}", "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Sets.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'spec':{'minReadySeconds':5}}", "3")]
    [InlineData("{'metadata':{'annotations':{'deprecated.daemonset.template.generation':'9'}}}", "3")]
    [InlineData("{'spec':{'template':{'spec':{'hostNetwork':true}}}}", "4")]
    public void TemplateGeneration_CountsChangesOfTheTemplate(string change, string generation)
    {
        var stored = KindCase.Merge(Valid, "{'metadata':{'annotations':{'deprecated.daemonset.template.generation':'3'}}}");

        ((string?)Sets.Updated(stored, KindCase.Merge(Valid, change))["metadata"]!["annotations"]!["deprecated.daemonset.template.generation"]).ShouldBe(generation);
    }

    [Fact]
    public void Selector_Changed_IsRefused() => Sets.UpdateFaults(Valid, Valid.Replace("'app':'log'", "'app':'other'")).ShouldBe(
        "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable");

    [Fact]
    public void Status_WithNegativeCount_IsRefused() =>
        Sets.StatusFaults(Valid, KindCase.Merge(Valid, "{'status':{'numberReady':-1}}"))
            .ShouldBe("status.numberReady: Invalid value: -1: must be greater than or equal to 0");

    [Fact]
    public void Row_OfASet_TellsTheNodes()
    {
        Sets.Headings(wide: true).ShouldBe("Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | Containers | Images | Selector");
        Sets.Row(KindCase.Merge(Valid, "{'status':{'desiredNumberScheduled':5,'currentNumberScheduled':4,'numberReady':3,'updatedNumberScheduled':2,'numberAvailable':1}}"), wide: true)
            .ShouldBe("log | 5 | 4 | 3 | 2 | 1 | <none> | <unknown> | c | i:1 | app=log");
        Sets.Row(KindCase.Merge(Valid, "{'spec':{'template':{'spec':{'nodeSelector':{'b':'2','a':'1'}}}}}")).ShouldBe("log | 0 | 0 | 0 | 0 | 0 | a=1,b=2 | <unknown>");
    }
}
