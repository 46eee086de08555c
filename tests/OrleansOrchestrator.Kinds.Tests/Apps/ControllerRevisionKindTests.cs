namespace OrleansOrchestrator.Kinds.Tests.Apps;

public class ControllerRevisionKindTests
{
    private const string Valid =
        "{'metadata':{'name':'db-1','ownerReferences':[{'apiVersion':'apps/v1','kind':'StatefulSet','name':'db','uid':'u','controller':true}]},'revision':2,'data':{'spec':{'template':{'$patch':'replace'}}}}";

    private static readonly KindCase Revisions = new("controllerrevisions", "apps");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'data':null}", "data: Required value: data is mandatory")]
    [InlineData("{'revision':-1}", "revision: Invalid value: -1: must be greater than or equal to 0")]
    public void Revision_Faults_AreTold(string change, string fault) => Revisions.Faults(KindCase.Merge(Valid, change)).ShouldBe(fault);

    [Fact]
    public void Data_Changed_IsRefused()
    {
        Revisions.UpdateFaults(Valid, KindCase.Merge(Valid, "{'revision':3}")).ShouldBe("");
        Revisions.UpdateFaults(Valid, KindCase.Merge(Valid, "{'data':{'spec':null,'x':1}}")).ShouldBe("data: Invalid value: {\"x\":1}: field is immutable");
    }

    [Fact]
    public void Data_OfAnyShape_IsKept() => KindCase.ShouldBeJson(Revisions.Created(Valid)["data"]!, "{'spec':{'template':{'$patch':'replace'}}}");

    [Fact]
    public void Row_OfARevision_NamesItsController()
    {
        Revisions.Headings().ShouldBe("Name | Controller | Revision | Age");
        Revisions.Row(Valid).ShouldBe("db-1 | statefulset.apps/db | 2 | <unknown>");
        Revisions.Row("{'metadata':{'name':'x'},'revision':1}").ShouldBe("x | <none> | 1 | <unknown>");
    }
}
