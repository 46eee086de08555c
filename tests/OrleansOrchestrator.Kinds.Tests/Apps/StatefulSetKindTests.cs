namespace OrleansOrchestrator.Kinds.Tests.Apps;

public class StatefulSetKindTests
{
    private const string Valid =
        "{'metadata':{'name':'db'},'spec':{'serviceName':'db','selector':{'matchLabels':{'app':'db'}},'template':{'metadata':{'labels':{'app':'db'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

    private const string WithClaim =
        "{'metadata':{'name':'db'},'spec':{'serviceName':'db','selector':{'matchLabels':{'app':'db'}},'template':{'metadata':{'labels':{'app':'db'}},'spec':{'containers':[{'name':'c','image':'i:1','volumeMounts':[{'name':'data','mountPath':'/data'}]}]}}," +
        "'volumeClaimTemplates':[{'metadata':{'name':'data'},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}]}}";

    private static readonly KindCase Sets = new("statefulsets", "apps");

    [Fact]
    public void Set_Minimal_GetsKubernetesDefaults()
    {
        var created = Sets.Created(Valid);
        created["spec"]!.AsObject().Remove("template");
        KindCase.ShouldBeJson(
            created,
            """
            {"metadata":{"name":"db"},
             "spec":{"serviceName":"db","replicas":1,"selector":{"matchLabels":{"app":"db"}},"revisionHistoryLimit":10,
               "podManagementPolicy":"OrderedReady","updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}},
               "persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}},
             "status":{"replicas":0,"availableReplicas":0}}
            """);
    }

    [Fact]
    public void ClaimTemplate_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        Sets.Created(WithClaim)["spec"]!["volumeClaimTemplates"]!,
        """
        [{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},
          "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeMode":"Filesystem"},
          "status":{"phase":"Pending"}}]
        """);

    [Fact]
    public void Template_ThatMountsAClaim_IsValid() => Sets.Faults(WithClaim).ShouldBe("");

    [Fact]
    public void Template_ThatMountsWhatIsNotThere_IsRefused() =>
        Sets.Faults(WithClaim.Replace("'metadata':{'name':'data'}", "'metadata':{'name':'other'}"))
            .ShouldBe("spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\"");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'podManagementPolicy':'Random'}", "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'")]
    [InlineData("{'updateStrategy':{'type':'OnDelete','rollingUpdate':{'partition':1}}}", "spec.updateStrategy.rollingUpdate: Invalid value: {\"partition\":1}: only allowed for updateStrategy 'RollingUpdate'")]
    [InlineData("{'updateStrategy':{'rollingUpdate':{'partition':-1}}}", "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'updateStrategy':{'rollingUpdate':{'maxUnavailable':0}}}", "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0")]
    [InlineData("{'updateStrategy':{'type':'Now'}}", "spec.updateStrategy: Invalid value: {\"type\":\"Now\"}: must be 'RollingUpdate' or 'OnDelete'")]
    [InlineData("{'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Keep'}}", "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"Keep\": supported values: \"Retain\", \"Delete\"")]
    [InlineData("{'ordinals':{'start':-1}}", "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'selector':{'matchLabels':null}}", "spec.selector: Invalid value: {}: empty selector is invalid for statefulset")]
    [InlineData("{'template':{'spec':{'restartPolicy':'Never'}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Sets.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'replicas':5}", true)]
    [InlineData("{'ordinals':{'start':2}}", true)]
    [InlineData("{'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}", true)]
    [InlineData("{'updateStrategy':{'type':'OnDelete','rollingUpdate':null}}", true)]
    [InlineData("{'persistentVolumeClaimRetentionPolicy':{'whenScaled':'Delete'}}", true)]
    [InlineData("{'minReadySeconds':5}", true)]
    [InlineData("{'revisionHistoryLimit':5}", true)]
    [InlineData("{'serviceName':'other'}", false)]
    [InlineData("{'podManagementPolicy':'Parallel'}", false)]
    [InlineData("{'volumeClaimTemplates':[{'metadata':{'name':'data'}}]}", false)]
    public void Update_OfSomeFieldsOnly_IsAllowed(string change, bool isAllowed) =>
        Sets.UpdateFaults(Valid, KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(isAllowed
            ? ""
            : "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");

    [Fact]
    public void Name_WithDots_IsRefused() => Sets.Definition.ValidateName("a.b").ShouldBe(["must not contain dots"]);

    [Theory]
    [InlineData("{'replicas':1,'currentReplicas':2}", "status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas")]
    [InlineData("{'replicas':2,'readyReplicas':1,'availableReplicas':2}", "status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas")]
    public void Status_Faults_AreTold(string status, string fault) =>
        Sets.StatusFaults(Valid, KindCase.Merge(Valid, $"{{'status':{status}}}")).ShouldBe(fault);

    [Fact]
    public void Row_OfASet_TellsTheReplicas()
    {
        Sets.Headings(wide: true).ShouldBe("Name | Ready | Age | Containers | Images");
        Sets.Row(KindCase.Merge(Valid, "{'spec':{'replicas':3},'status':{'replicas':3,'readyReplicas':2}}"), wide: true).ShouldBe("db | 2/3 | <unknown> | c | i:1");
    }
}
