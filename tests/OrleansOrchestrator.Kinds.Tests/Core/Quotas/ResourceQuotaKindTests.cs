namespace OrleansOrchestrator.Kinds.Tests.Core.Quotas;

public class ResourceQuotaKindTests
{
    private static readonly KindCase Quotas = new("resourcequotas");

    [Theory]
    [InlineData("{'hard':{'cpu':'1','requests.memory':'1Gi','pods':'10','count/deployments.apps':'2','requests.nvidia.com/gpu':'1','gold.storageclass.storage.k8s.io/requests.storage':'1Gi'}}", "")]
    [InlineData("{'hard':{'gold':'1'}}", "spec.hard[gold]: Invalid value: \"gold\": must be a standard resource for quota")]
    [InlineData("{'hard':{'cpu':'-1'}}", "spec.hard[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("{'hard':{'pods':'1500m'}}", "spec.hard[pods]: Invalid value: \"1500m\": must be an integer")]
    [InlineData("{'hard':{'pods':'1'},'scopes':['Some']}", "spec.scopes: Invalid value: [\"Some\"]: unsupported scope")]
    [InlineData("{'hard':{'cpu':'1'},'scopes':['BestEffort']}", "spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource")]
    [InlineData("{'hard':{'pods':'1'},'scopes':['BestEffort','NotBestEffort']}", "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes")]
    [InlineData("{'hard':{'pods':'1'},'scopeSelector':{'matchExpressions':[{'scopeName':'PriorityClass','operator':'In','values':['high']}]}}", "")]
    [InlineData("{'hard':{'pods':'1'},'scopeSelector':{'matchExpressions':[{'scopeName':'PriorityClass','operator':'In'}]}}", "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]
    [InlineData("{'hard':{'pods':'1'},'scopeSelector':{'matchExpressions':[{'scopeName':'PriorityClass','operator':'Like'}]}}", "spec.scopeSelector.matchExpressions.operator: Invalid value: \"Like\": not a valid selector operator")]
    public void Spec_Faults_AreTold(string spec, string fault) =>
        Quotas.Faults(KindCase.With("{'metadata':{'name':'q'},'spec':@}", spec)).ShouldBe(fault);

    [Fact]
    public void Scopes_Changed_AreRefused()
    {
        const string Quota = "{'metadata':{'name':'q'},'spec':{'hard':{'pods':'1'},'scopes':['BestEffort']}}";
        Quotas.UpdateFaults(Quota, KindCase.Merge(Quota, "{'spec':{'hard':{'pods':'2'}}}")).ShouldBe("");
        Quotas.UpdateFaults(Quota, KindCase.Merge(Quota, "{'spec':{'scopes':['NotBestEffort']}}")).ShouldBe(
            "spec.scopes: Invalid value: [\"NotBestEffort\"]: field is immutable");
    }

    [Fact]
    public void Status_Faults_AreTold() =>
        Quotas.StatusFaults("{'metadata':{'name':'q'}}", "{'metadata':{'name':'q'},'status':{'used':{'pods':'-1'}}}")
            .ShouldBe("status.used[pods]: Invalid value: \"-1\": must be greater than or equal to 0");

    [Fact]
    public void Row_OfAQuota_TellsWhatIsUsed()
    {
        Quotas.Headings().ShouldBe("Name | Request | Limit | Age");
        Quotas.Row("{'metadata':{'name':'q'},'status':{'hard':{'pods':'10','limits.cpu':'4','cpu':'2'},'used':{'pods':'3','cpu':'1500m'}}}")
            .ShouldBe("q | cpu: 1500m/2, pods: 3/10 | limits.cpu: 0/4 | <unknown>");
    }
}
