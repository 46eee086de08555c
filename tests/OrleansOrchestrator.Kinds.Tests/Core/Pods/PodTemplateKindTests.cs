namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class PodTemplateKindTests
{
    private const string Valid =
        "{'metadata':{'name':'t','generation':1},'template':{'metadata':{'labels':{'a':'1'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}";

    private static readonly KindCase Templates = new("podtemplates");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'template':null}", "template.spec.containers: Required value")]
    [InlineData("{'template':{'spec':{'containers':[{'name':'c'}]}}}", "template.spec.containers[0].image: Required value")]
    public void Template_Faults_AreTold(string change, string fault) => Templates.Faults(KindCase.Merge(Valid, change)).ShouldBe(fault);

    [Fact]
    public void Generation_AfterAChange_CountsTheTemplate()
    {
        Templates.Updated(Valid, KindCase.Merge(Valid, "{'metadata':{'labels':{'x':'y'}}}"))["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);
        Templates.Updated(Valid, KindCase.Merge(Valid, "{'template':{'metadata':{'labels':{'x':'y'}}}}"))["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public void Row_OfATemplate_TellsItsContainersAndLabels()
    {
        Templates.Headings().ShouldBe("Name | Containers | Images | Pod Labels");
        Templates.Row(Valid).ShouldBe("t | c | i:1 | a=1");
    }
}
