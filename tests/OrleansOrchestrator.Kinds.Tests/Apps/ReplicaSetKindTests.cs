namespace OrleansOrchestrator.Kinds.Tests.Apps;

public class ReplicaSetKindTests
{
    private const string Valid =
        "{'metadata':{'name':'web'},'spec':{'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

    private static readonly KindCase Sets = new("replicasets", "apps");

    [Fact]
    public void Set_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Sets.Created(Valid),
        """
        {"metadata":{"name":"web"},
         "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},
           "template":{"metadata":{"labels":{"app":"web"}},
             "spec":{"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent","resources":{},
                 "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
               "dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},
               "terminationGracePeriodSeconds":30}}},
         "status":{"replicas":0}}
        """);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'replicas':-1}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'minReadySeconds':-1}", "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'selector':{'matchLabels':null}}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("{'selector':{'matchLabels':{'app':'other'}}}", "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`")]
    [InlineData("{'selector':null}", "spec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`")]
    [InlineData("{'selector':{'matchExpressions':[{'key':'app','operator':'Has'}]}}", "spec.selector.matchExpressions[0].operator: Invalid value: \"Has\": not a valid selector operator")]
    [InlineData("{'template':null}", "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`\nspec.template.spec.containers: Required value")]
    [InlineData("{'template':{'spec':{'restartPolicy':'Never'}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    [InlineData("{'template':{'spec':{'activeDeadlineSeconds':5}}}", "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported")]
    [InlineData("{'template':{'spec':{'containers':[{'name':'c'}]}}}", "spec.template.spec.containers[0].image: Required value")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Sets.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Selector_Changed_IsRefused() => Sets.UpdateFaults(Valid, Valid.Replace("'app':'web'", "'app':'other'")).ShouldBe(
        "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable");

    [Theory]
    [InlineData("{'replicas':2,'fullyLabeledReplicas':3}", "status.fullyLabeledReplicas: Invalid value: 3: cannot be greater than status.replicas")]
    [InlineData("{'replicas':2,'readyReplicas':1,'availableReplicas':2}", "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas")]
    [InlineData("{'observedGeneration':-1}", "status.observedGeneration: Invalid value: -1: must be greater than or equal to 0")]
    public void Status_Faults_AreTold(string status, string fault) =>
        Sets.StatusFaults(Valid, KindCase.Merge(Valid, $"{{'status':{status}}}")).ShouldBe(fault);

    [Fact]
    public void Scale_OfASet_ReadsAndWritesTheReplicas()
    {
        var set = Sets.Decode("{'spec':{'replicas':3,'selector':{'matchLabels':{'b':'2'},'matchExpressions':[{'key':'a','operator':'In','values':['1','2']}]}},'status':{'replicas':2}}");
        var scale = Sets.Definition.Scale.ShouldNotBeNull();

        scale.GetSpecReplicas(set).ShouldBe(3);
        scale.GetStatusReplicas(set).ShouldBe(2);
        scale.GetSelector(set).ShouldBe("a in (1,2),b=2");
        scale.SetSpecReplicas(set, 7);
        scale.GetSpecReplicas(set).ShouldBe(7);
    }

    [Fact]
    public void Row_OfASet_TellsTheReplicas()
    {
        Sets.Headings(wide: true).ShouldBe("Name | Desired | Current | Ready | Age | Containers | Images | Selector");
        Sets.Row(KindCase.Merge(Valid, "{'spec':{'replicas':3},'status':{'replicas':2,'readyReplicas':1}}"), wide: true)
            .ShouldBe("web | 3 | 2 | 1 | <unknown> | c | i:1 | app=web");
    }
}
