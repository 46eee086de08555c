namespace OrleansOrchestrator.Kinds.Tests.Coordination;

public class LeaseKindTests
{
    private static readonly KindCase Leases = new("leases", "coordination.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'leaseDurationSeconds':40}", "")]
    [InlineData("{'leaseDurationSeconds':0}", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0")]
    [InlineData("{'leaseTransitions':-1}", "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0")]
    public void Spec_Faults_AreTold(string spec, string fault) =>
        Leases.Faults($"{{'metadata':{{'name':'l'}},'spec':{spec}}}").ShouldBe(fault);

    [Fact]
    public void Row_OfAHeldLease_TellsTheHolder()
    {
        Leases.Headings(wide: true).ShouldBe("Name | Holder | Age");
        Leases.Row("{'metadata':{'name':'l'},'spec':{'holderIdentity':'n1'}}").ShouldBe("l | n1 | <unknown>");
    }
}
