namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class PodDefaultingTests
{
    private static readonly KindCase Pods = new("pods");

    [Fact]
    public void Pod_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Pods.Created("{'metadata':{'name':'web'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}"),
        """
        {"metadata":{"name":"web"},
         "spec":{
           "containers":[{"name":"c","image":"nginx","imagePullPolicy":"Always","resources":{},
             "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
           "dnsPolicy":"ClusterFirst","enableServiceLinks":true,
           "restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},
           "serviceAccount":"default","serviceAccountName":"default","terminationGracePeriodSeconds":30},
         "status":{"phase":"Pending","qosClass":"BestEffort"}}
        """);

    [Fact]
    public void Pod_WithSchedulingGates_SaysThatItWaitsForThem()
    {
        const string Gated = "{'metadata':{'name':'p'},'spec':{'schedulingGates':[{'name':'ex.com/g'}],'containers':[{'name':'c','image':'i'}]}}";

        var pod = Pods.Created(Gated);

        KindCase.ShouldBeJson(
            pod["status"]!["conditions"]!,
            "[{'type':'PodScheduled','observedGeneration':1,'status':'False','reason':'SchedulingGated','message':'Scheduling is blocked due to non-empty scheduling gates'}]");
        Pods.Row(pod.ToJsonString()).ShouldBe("p | 0/1 | SchedulingGated | 0 | <unknown>");
    }

    [Theory]
    [InlineData("{'resources':{'requests':{'cpu':'1'}}}")]
    [InlineData("{'resourceClaims':[{'name':'gpu','resourceClaimName':'gpu'}]}")]
    [InlineData("{'hostnameOverride':'elsewhere'}")]
    [InlineData("{'containers':[{'name':'c','image':'nginx','resources':{'claims':[{'name':'gpu'}]}}]}")]
    [InlineData("{'containers':[{'name':'c','image':'nginx','restartPolicyRules':[{'action':'Restart'}]}]}")]
    public void Pod_WithAFieldOfAFeatureThatIsNotServed_IsStoredWithoutIt(string part)
    {
        const string Plain = "{'metadata':{'name':'web'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}";

        KindCase.ShouldBeJson(Pods.Created(KindCase.Merge(Plain, $"{{'spec':{part}}}")), Pods.Created(Plain).ToJsonString());
    }

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1.27", "IfNotPresent")]
    [InlineData("registry:5000/nginx", "Always")]
    [InlineData("registry:5000/nginx:1.27", "IfNotPresent")]
    [InlineData("nginx@sha256:0123", "IfNotPresent")]
    [InlineData("nginx:latest@sha256:0123", "Always")]
    public void PullPolicy_Absent_FollowsTheTag(string image, string policy)
    {
        var pod = Pods.Created(KindCase.Merge("{'spec':{}}", KindCase.With("{'spec':{'containers':[{'name':'c','image':'@'}]}}", image)));

        pod["spec"]!["containers"]![0]!["imagePullPolicy"]!.GetValue<string>().ShouldBe(policy);
    }

    [Theory]
    [InlineData("{'ports':[{'containerPort':80}]}", "{'ports':[{'containerPort':80,'protocol':'TCP'}]}")]
    [InlineData("{'livenessProbe':{'httpGet':{'port':80}}}",
        "{'livenessProbe':{'httpGet':{'port':80,'path':'/','scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,'failureThreshold':3}}")]
    [InlineData("{'startupProbe':{'grpc':{'port':80},'periodSeconds':5}}",
        "{'startupProbe':{'grpc':{'port':80,'service':''},'timeoutSeconds':1,'periodSeconds':5,'successThreshold':1,'failureThreshold':3}}")]
    [InlineData("{'lifecycle':{'preStop':{'httpGet':{'port':80}}}}", "{'lifecycle':{'preStop':{'httpGet':{'port':80,'path':'/','scheme':'HTTP'}}}}")]
    [InlineData("{'resources':{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'500m'}}}",
        "{'resources':{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'500m','memory':'1Gi'}}}")]
    [InlineData("{'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'metadata.name'}}}]}",
        "{'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'metadata.name','apiVersion':'v1'}}}]}")]
    public void Container_Fields_GetDefaults(string given, string expected)
    {
        const string Bare = "{'name':'c','image':'i:1','imagePullPolicy':'IfNotPresent','resources':{},'terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File'}";
        var pod = Pods.Created(KindCase.With("{'spec':{'containers':[@]}}", KindCase.Merge(Bare, given)));

        KindCase.ShouldBeJson(pod["spec"]!["containers"]![0]!, KindCase.Merge(Bare, expected));
    }

    [Theory]
    [InlineData("{'name':'v'}", "{'name':'v','emptyDir':{}}")]
    [InlineData("{'name':'v','hostPath':{'path':'/x'}}", "{'name':'v','hostPath':{'path':'/x','type':''}}")]
    [InlineData("{'name':'v','configMap':{'name':'m'}}", "{'name':'v','configMap':{'name':'m','defaultMode':420}}")]
    [InlineData("{'name':'v','secret':{'secretName':'s'}}", "{'name':'v','secret':{'secretName':'s','defaultMode':420}}")]
    [InlineData("{'name':'v','projected':{'sources':[{'serviceAccountToken':{'path':'t'}}]}}",
        "{'name':'v','projected':{'defaultMode':420,'sources':[{'serviceAccountToken':{'path':'t','expirationSeconds':3600}}]}}")]
    [InlineData("{'name':'v','downwardAPI':{'items':[{'path':'l','fieldRef':{'fieldPath':'metadata.labels'}}]}}",
        "{'name':'v','downwardAPI':{'defaultMode':420,'items':[{'path':'l','fieldRef':{'apiVersion':'v1','fieldPath':'metadata.labels'}}]}}")]
    public void Volume_Fields_GetDefaults(string given, string expected)
    {
        var pod = Pods.Created(KindCase.Merge("{'spec':{}}", $"{{'spec':{{'volumes':[{given}]}}}}"));

        KindCase.ShouldBeJson(pod["spec"]!["volumes"]![0]!, expected);
    }

    [Fact]
    public void HostPort_OnHostNetwork_IsTheContainerPort()
    {
        var pod = Pods.Created("{'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'i','ports':[{'containerPort':80}]}]}}");

        pod["spec"]!["containers"]![0]!["ports"]![0]!["hostPort"]!.GetValue<int>().ShouldBe(80);
    }

    [Fact]
    public void ServiceAccount_OldName_SetsBoth()
    {
        var spec = Pods.Created("{'spec':{'serviceAccount':'robot'}}")["spec"]!;

        spec["serviceAccountName"]!.GetValue<string>().ShouldBe("robot");
        spec["serviceAccount"]!.GetValue<string>().ShouldBe("robot");
    }

    [Theory]
    [InlineData("{}", "BestEffort")]
    [InlineData("{'requests':{'cpu':'1'}}", "Burstable")]
    [InlineData("{'limits':{'cpu':'1'}}", "Burstable")]
    [InlineData("{'limits':{'cpu':'1','memory':'1Gi'}}", "Guaranteed")]
    [InlineData("{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'1000m','memory':'1024Mi'}}", "Guaranteed")]
    [InlineData("{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'900m'}}", "Burstable")]
    [InlineData("{'limits':{'example.com/gpu':'1'}}", "BestEffort")]
    public void QosClass_OfOneContainer_FollowsItsResources(string resources, string qosClass)
    {
        var pod = Pods.Created($"{{'spec':{{'containers':[{{'name':'c','image':'i','resources':{resources}}}]}}}}");

        pod["status"]!["qosClass"]!.GetValue<string>().ShouldBe(qosClass);
    }

    [Fact]
    public void QosClass_WithALaxInitContainer_IsBurstable()
    {
        var pod = Pods.Created("{'spec':{'containers':[{'name':'c','image':'i','resources':{'limits':{'cpu':'1','memory':'1Gi'}}}],'initContainers':[{'name':'d','image':'i'}]}}");

        pod["status"]!["qosClass"]!.GetValue<string>().ShouldBe("Burstable");
    }

    [Theory]
    [InlineData("{'spec':{'terminationGracePeriodSeconds':7}}", null, 0)]
    [InlineData("{'spec':{'terminationGracePeriodSeconds':7}}", 5L, 0)]
    [InlineData("{'spec':{'nodeName':'n','terminationGracePeriodSeconds':7}}", null, 7)]
    [InlineData("{'spec':{'nodeName':'n','terminationGracePeriodSeconds':7}}", 9L, 9)]
    [InlineData("{'spec':{'nodeName':'n'}}", null, 30)]
    [InlineData("{'spec':{'nodeName':'n'},'status':{'phase':'Succeeded'}}", null, 0)]
    [InlineData("{'spec':{'nodeName':'n'},'status':{'phase':'Failed'}}", 5L, 0)]
    [InlineData("{'spec':{'nodeName':'n','terminationGracePeriodSeconds':-1}}", null, 1)]
    public void GracePeriod_IsThePods_WhileANodeHoldsIt(string pod, long? requested, long seconds) =>
        Pods.Definition.GracePeriodSeconds(Pods.Decode(pod), requested).ShouldBe(seconds);
}
