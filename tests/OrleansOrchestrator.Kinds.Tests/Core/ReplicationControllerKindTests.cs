namespace OrleansOrchestrator.Kinds.Tests.Core;

public class ReplicationControllerKindTests
{
    private const string Valid =
        "{'metadata':{'name':'web'},'spec':{'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

    private static readonly KindCase Controllers = new("replicationcontrollers");

    [Fact]
    public void Controller_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Controllers.Created(Valid),
        """
        {"metadata":{"name":"web","labels":{"app":"web"}},
         "spec":{"replicas":1,"selector":{"app":"web"},
           "template":{"metadata":{"labels":{"app":"web"}},
             "spec":{"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent","resources":{},
                 "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
               "dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},
               "terminationGracePeriodSeconds":30}}},
         "status":{"replicas":0}}
        """);

    [Fact]
    public void Controller_Minimal_IsValid() => Controllers.Faults(Valid).ShouldBe("");

    [Theory]
    [InlineData("{'replicas':-1}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'minReadySeconds':-1}", "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'selector':{'app':'other'}}", "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`")]
    [InlineData("{'template':null}", "spec.selector: Required value\nspec.template: Required value")]
    [InlineData("{'template':{'spec':{'restartPolicy':'Never'}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    [InlineData("{'template':{'spec':{'activeDeadlineSeconds':5}}}", "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported")]
    [InlineData("{'template':{'spec':{'containers':[{'name':'c'}]}}}", "spec.template.spec.containers[0].image: Required value")]
    [InlineData("{'template':{'spec':{'ephemeralContainers':[{'name':'c','image':'i'}]}}}", "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Controllers.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Template_OnHostNetwork_MayLeaveHostPortsOpen() =>
        Controllers.Faults(KindCase.Merge(Valid, "{'spec':{'template':{'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'i','ports':[{'containerPort':80}]}]}}}}"))
            .ShouldBe("");

    [Theory]
    [InlineData("{'replicas':2,'readyReplicas':3}", "status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas")]
    [InlineData("{'replicas':2,'readyReplicas':1,'availableReplicas':2}", "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas")]
    [InlineData("{'replicas':-1}", "status.replicas: Invalid value: -1: must be greater than or equal to 0")]
    public void Status_Faults_AreTold(string status, string fault) =>
        Controllers.StatusFaults(Valid, KindCase.Merge(Valid, $"{{'status':{status}}}")).ShouldBe(fault);

    [Fact]
    public void Scale_OfAController_ReadsAndWritesTheReplicas()
    {
        var controller = Controllers.Decode("{'spec':{'replicas':3,'selector':{'b':'2','a':'1'}},'status':{'replicas':2}}");
        var scale = Controllers.Definition.Scale.ShouldNotBeNull();

        scale.GetSpecReplicas(controller).ShouldBe(3);
        scale.GetStatusReplicas(controller).ShouldBe(2);
        scale.GetSelector(controller).ShouldBe("a=1,b=2");
        scale.SetSpecReplicas(controller, 7);
        scale.GetSpecReplicas(controller).ShouldBe(7);
    }

    [Fact]
    public void Row_OfAController_TellsTheReplicas()
    {
        const string Controller = "{'metadata':{'name':'web'},'spec':{'replicas':3,'selector':{'a':'1'},'template':{'spec':{'containers':[{'name':'c','image':'i'},{'name':'d','image':'j'}]}}},'status':{'replicas':2,'readyReplicas':1}}";

        Controllers.Headings(wide: true).ShouldBe("Name | Desired | Current | Ready | Age | Containers | Images | Selector");
        Controllers.Row(Controller, wide: true).ShouldBe("web | 3 | 2 | 1 | <unknown> | c,d | i,j | a=1");
    }
}
