namespace OrleansOrchestrator.Kinds.Tests.Policy;

public class PodDisruptionBudgetKindTests
{
    private const string Valid = "{'metadata':{'name':'web'},'spec':{'minAvailable':'50%','selector':{'matchLabels':{'app':'web'}}}}";

    private static readonly KindCase Budgets = new("poddisruptionbudgets", "policy");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'maxUnavailable':1}", "spec: Invalid value: {\"maxUnavailable\":1,\"minAvailable\":\"50%\",\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}: minAvailable and maxUnavailable cannot be both set")]
    [InlineData("{'minAvailable':-1}", "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'minAvailable':'101%'}", "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%")]
    [InlineData("{'selector':{'matchLabels':{'-a':'b'}}}", "spec.selector.matchLabels: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("{'unhealthyPodEvictionPolicy':'Never'}", "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"AlwaysAllow\", \"IfHealthyBudget\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Budgets.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Status_WithNegativeCount_IsRefused() =>
        Budgets.StatusFaults(Valid, KindCase.Merge(Valid, "{'status':{'disruptionsAllowed':-1}}"))
            .ShouldBe("status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0");

    [Fact]
    public void Row_OfABudget_TellsWhatItAllows()
    {
        Budgets.Headings().ShouldBe("Name | Min Available | Max Unavailable | Allowed Disruptions | Age");
        Budgets.Row(KindCase.Merge(Valid, "{'status':{'disruptionsAllowed':2}}")).ShouldBe("web | 50% | N/A | 2 | <unknown>");
    }
}
