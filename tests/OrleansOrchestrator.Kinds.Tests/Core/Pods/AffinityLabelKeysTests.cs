using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class AffinityLabelKeysTests
{
    private static readonly KindCase Pods = new("pods");

    [Fact]
    public void Created_PodWithLabelKeys_HasTheirValuesInItsSelectors() =>
        SelectorOf("'labelSelector':{'matchLabels':{'app':'web'}},'matchLabelKeys':['hash','absent'],'mismatchLabelKeys':['tenant']").ShouldBe(Json(
            "{'matchExpressions':[{'key':'hash','operator':'In','values':['x1']},{'key':'tenant','operator':'NotIn','values':['t1']}],'matchLabels':{'app':'web'}}"));

    [Fact]
    public void Created_TermWithoutSelector_StaysWithoutOne() => SelectorOf("'matchLabelKeys':['hash']").ShouldBe("null");

    [Fact]
    public void Created_PodWithLabelKeys_IsValidAndStaysSoInUpdates()
    {
        var created = Pods.Created(Pod("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['hash']}")).ToJsonString();

        Pods.Faults(created).ShouldBe("");
        Pods.UpdateFaults(created, created).ShouldBe("");
    }

    [Theory]
    [InlineData("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "{0}")]
    [InlineData("podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "{0}")]
    [InlineData("podAffinity", "preferredDuringSchedulingIgnoredDuringExecution", "{{'weight':1,'podAffinityTerm':{0}}}")]
    [InlineData("podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", "{{'weight':1,'podAffinityTerm':{0}}}")]
    public void Created_AnyKindOfTerm_HasTheValues(string affinity, string field, string form)
    {
        var term = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, "{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['hash']}");

        Pods.Created(Pod(affinity, field, term)).ToJsonString().ShouldContain(Json("{'key':'hash','operator':'In','values':['x1']}"));
    }

    [Fact]
    public void Created_PodTemplate_KeepsItsKeysOnly()
    {
        var template = Pod("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['hash']}");

        new KindCase("podtemplates").Created($"{{'metadata':{{'name':'t','namespace':'default'}},'template':{template}}}").ToJsonString().ShouldNotContain("'operator'".Replace('\'', '"'));
    }

    private static string SelectorOf(string term) =>
        Pods.Created(Pod("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", $"{{'topologyKey':'zone',{term}}}"))["spec"]!["affinity"]!["podAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]![0]!["labelSelector"]?.ToJsonString() ?? "null";

    private static string Pod(string affinity, string field, string term) =>
        "{'metadata':{'name':'web','namespace':'default','labels':{'hash':'x1','tenant':'t1'}},'spec':{'containers':[{'name':'c','image':'i:1'}],"
        + $"'affinity':{{'{affinity}':{{'{field}':[{term}]}}}}}}}}";

    private static string Json(string json) => JsonNode.Parse(json.Replace('\'', '"'))!.ToJsonString();
}
