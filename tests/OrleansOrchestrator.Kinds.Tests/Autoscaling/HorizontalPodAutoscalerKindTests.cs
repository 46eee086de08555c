namespace OrleansOrchestrator.Kinds.Tests.Autoscaling;

public class HorizontalPodAutoscalerKindTests
{
    private const string Valid =
        "{'metadata':{'name':'web'},'spec':{'maxReplicas':5,'scaleTargetRef':{'apiVersion':'apps/v1','kind':'Deployment','name':'web'},'metrics':[{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization','averageUtilization':70}}}]}}";

    private static readonly KindCase Autoscalers = new("horizontalpodautoscalers", "autoscaling");

    [Fact]
    public void Autoscaler_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Autoscalers.Created("{'metadata':{'name':'web'},'spec':{'maxReplicas':5,'scaleTargetRef':{'kind':'Deployment','name':'web'}}}"),
        """
        {"metadata":{"name":"web"},
         "spec":{"maxReplicas":5,"minReplicas":1,"scaleTargetRef":{"kind":"Deployment","name":"web"},
           "metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]},
         "status":{"desiredReplicas":0}}
        """);

    [Fact]
    public void Behavior_GivenInPart_IsFilledIn() => KindCase.ShouldBeJson(
        Autoscalers.Created(KindCase.Merge(Valid, "{'spec':{'behavior':{'scaleDown':{'stabilizationWindowSeconds':60}}}}"))["spec"]!["behavior"]!,
        """
        {"scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max",
           "policies":[{"type":"Pods","value":4,"periodSeconds":15},{"type":"Percent","value":100,"periodSeconds":15}]},
         "scaleDown":{"stabilizationWindowSeconds":60,"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}}
        """);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'minReplicas':0}", "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1")]
    [InlineData("{'maxReplicas':0}", "spec.maxReplicas: Invalid value: 0: must be greater than 0\nspec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`")]
    [InlineData("{'minReplicas':6}", "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`")]
    [InlineData("{'scaleTargetRef':{'kind':null}}", "spec.scaleTargetRef.kind: Required value")]
    [InlineData("{'scaleTargetRef':{'name':'a/b'}}", "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'")]
    [InlineData("{'behavior':{'scaleUp':{'stabilizationWindowSeconds':3601}}}", "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600")]
    [InlineData("{'behavior':{'scaleUp':{'selectPolicy':'Some'}}}", "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Some\": supported values: \"Disabled\", \"Max\", \"Min\"")]
    [InlineData("{'behavior':{'scaleUp':{'policies':[]}}}", "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy")]
    [InlineData("{'behavior':{'scaleDown':{'policies':[{'type':'Pods','value':0,'periodSeconds':1801}]}}}", "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero\nspec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Autoscalers.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'type':'Some'}", ".type: Unsupported value: \"Some\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"")]
    [InlineData("{'type':'Pods'}", ".pods: Required value: must populate information for the given metric source")]
    [InlineData("{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization','averageUtilization':1}},'pods':{'metric':{'name':'m'},'target':{'type':'AverageValue','averageValue':'1'}}}", ".pods: Forbidden: must populate the given metric source only")]
    [InlineData("{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization'}}}", ".resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization")]
    [InlineData("{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization','averageUtilization':0}}}", ".resource.target.averageUtilization: Invalid value: 0: must be greater than 0")]
    [InlineData("{'type':'Resource','resource':{'name':'cpu','target':{'type':'Most','averageUtilization':5}}}", ".resource.target.type: Invalid value: \"Most\": must be either Utilization, Value, or AverageValue")]
    [InlineData("{'type':'Resource','resource':{'name':'cpu','target':{'type':'AverageValue','averageValue':'0'}}}", ".resource.target.averageValue: Invalid value: \"0\": must be positive")]
    [InlineData("{'type':'Pods','pods':{'metric':{},'target':{'type':'AverageValue','averageValue':'1'}}}", ".pods.metric.name: Required value: must specify a metric name")]
    [InlineData("{'type':'External','external':{'metric':{'name':'q'},'target':{'type':'Value','value':'1','averageValue':'1'}}}", ".external.target.value: Forbidden: may not set both a target value for metric and a per-pod target")]
    [InlineData("{'type':'Object','object':{'describedObject':{'kind':'Ingress'},'metric':{'name':'q'},'target':{'type':'Value','value':'1'}}}", ".object.describedObject.name: Required value")]
    [InlineData("{'type':'ContainerResource','containerResource':{'name':'cpu','target':{'type':'Utilization','averageUtilization':5}}}", ".containerResource.container: Required value: must specify a container")]
    public void Metric_Faults_AreTold(string metric, string fault) =>
        Autoscalers.Faults(KindCase.Merge(Valid, $"{{'spec':{{'metrics':[{metric}]}}}}")).ShouldBe("spec.metrics[0]" + fault);

    [Theory]
    [InlineData("{}", "web | Deployment/web | cpu: <unknown>/70% | <unset> | 5 | 0 | <unknown>")]
    [InlineData("{'spec':{'minReplicas':2},'status':{'currentReplicas':3,'currentMetrics':[{'type':'Resource','resource':{'name':'cpu','current':{'averageUtilization':55}}}]}}", "web | Deployment/web | cpu: 55%/70% | 2 | 5 | 3 | <unknown>")]
    [InlineData("{'spec':{'metrics':[{'type':'Resource','resource':{'name':'memory','target':{'type':'AverageValue','averageValue':'1Gi'}}},{'type':'External','external':{'metric':{'name':'q'},'target':{'type':'AverageValue','averageValue':'30'}}},{'type':'Pods','pods':{'metric':{'name':'p'},'target':{'type':'AverageValue','averageValue':'1k'}}}]}}", "web | Deployment/web | memory: <unknown>/1Gi, <unknown>/30 (avg) + 1 more... | <unset> | 5 | 0 | <unknown>")]
    public void Row_OfAnAutoscaler_TellsItsTargets(string change, string row) => Autoscalers.Row(KindCase.Merge(Valid, change)).ShouldBe(row);

    [Fact]
    public void Headings_OfAutoscalers_AreThoseOfKubectl() =>
        Autoscalers.Headings(wide: true).ShouldBe("Name | Reference | Targets | MinPods | MaxPods | Replicas | Age");
}
