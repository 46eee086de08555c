namespace OrleansOrchestrator.Kinds.Tests.Apps;

public class DeploymentKindTests
{
    private const string Valid =
        "{'metadata':{'name':'web','generation':1},'spec':{'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

    private static readonly KindCase Deployments = new("deployments", "apps");

    [Fact]
    public void Deployment_Minimal_GetsKubernetesDefaults()
    {
        var created = Deployments.Created(Valid);
        created["spec"]!.AsObject().Remove("template");
        KindCase.ShouldBeJson(
            created,
            """
            {"metadata":{"name":"web","generation":1},
             "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600,
               "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}},
             "status":{}}
            """);
    }

    [Fact]
    public void Deployment_ToRecreate_GetsNoRollingUpdate() =>
        Deployments.Created(KindCase.Merge(Valid, "{'spec':{'strategy':{'type':'Recreate'}}}"))["spec"]!["strategy"]!.ToJsonString()
            .ShouldBe("""{"type":"Recreate"}""");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'replicas':-1}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'selector':{'matchLabels':null}}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("{'strategy':{'type':'Sideways'}}", "spec.strategy: Unsupported value: {\"type\":\"Sideways\"}: supported values: \"Recreate\", \"RollingUpdate\"")]
    [InlineData("{'strategy':{'type':'Recreate','rollingUpdate':{'maxSurge':1}}}", "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")]
    [InlineData("{'strategy':{'rollingUpdate':{'maxSurge':0,'maxUnavailable':'0%'}}}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0")]
    [InlineData("{'strategy':{'rollingUpdate':{'maxUnavailable':'101%'}}}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%")]
    [InlineData("{'strategy':{'rollingUpdate':{'maxSurge':-1}}}", "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'strategy':{'rollingUpdate':{'maxSurge':'half'}}}", "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")]
    [InlineData("{'revisionHistoryLimit':-1}", "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'minReadySeconds':600}", "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds")]
    [InlineData("{'template':{'spec':{'restartPolicy':'Never'}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Deployments.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Selector_Changed_IsRefused() => Deployments.UpdateFaults(Valid, Valid.Replace("'app':'web'", "'app':'other'")).ShouldBe(
        "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable");

    [Theory]
    [InlineData("{'spec':{'replicas':2}}", 2)]
    [InlineData("{'metadata':{'annotations':{'a':'b'}}}", 2)]
    [InlineData("{'metadata':{'labels':{'a':'b'}}}", 1)]
    [InlineData("{'spec':{'strategy':{'type':'RollingUpdate'}}}", 1)]
    public void Generation_AfterAChange_CountsSpecAndAnnotations(string change, int generation) =>
        Deployments.Updated(Valid, KindCase.Merge(Valid, change))["metadata"]!["generation"]!.GetValue<int>().ShouldBe(generation);

    [Theory]
    [InlineData("{'replicas':2,'updatedReplicas':3}", "status.updatedReplicas: Invalid value: 3: cannot be greater than status.replicas")]
    [InlineData("{'replicas':2,'readyReplicas':1,'availableReplicas':2}", "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas")]
    [InlineData("{'unavailableReplicas':-1}", "status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'collisionCount':1}", "status.collisionCount: Invalid value: 1: cannot be decremented")]
    public void Status_Faults_AreTold(string status, string fault) => Deployments.StatusFaults(
        KindCase.Merge(Valid, "{'status':{'collisionCount':2}}"),
        KindCase.Merge(KindCase.Merge(Valid, "{'status':{'collisionCount':2}}"), $"{{'status':{status}}}")).ShouldBe(fault);

    [Fact]
    public void Row_OfADeployment_TellsTheReplicas()
    {
        Deployments.Headings(wide: true).ShouldBe("Name | Ready | Up-to-date | Available | Age | Containers | Images | Selector");
        Deployments.Row(KindCase.Merge(Valid, "{'spec':{'replicas':3},'status':{'replicas':3,'readyReplicas':2,'updatedReplicas':3,'availableReplicas':1}}"), wide: true)
            .ShouldBe("web | 2/3 | 3 | 1 | <unknown> | c | i:1 | app=web");
    }
}
