namespace OrleansOrchestrator.Kinds.Tests.FlowControl;

public class FlowControlKindTests
{
    private const string Schema =
        "{'metadata':{'name':'s'},'spec':{'priorityLevelConfiguration':{'name':'low'},'rules':[{'subjects':[{'kind':'User','user':{'name':'jane'}}],'nonResourceRules':[{'verbs':['get'],'nonResourceURLs':['/healthz']}]}]}}";

    private const string Level = "{'metadata':{'name':'low'},'spec':{'type':'Limited','limited':{'limitResponse':{'type':'Queue','queuing':{}}}}}";

    private static readonly KindCase Schemas = new("flowschemas", "flowcontrol.apiserver.k8s.io");
    private static readonly KindCase Levels = new("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'priorityLevelConfiguration':null}", "spec.priorityLevelConfiguration.name: Required value: must reference a priority level")]
    [InlineData("{'matchingPrecedence':1}", "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1")]
    [InlineData("{'matchingPrecedence':10001}", "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000")]
    [InlineData("{'distinguisherMethod':{'type':'x'}}", "spec.distinguisherMethod.type: Unsupported value: \"x\": supported values: \"ByNamespace\", \"ByUser\"")]
    public void Schema_Faults_AreTold(string change, string fault) => Schemas.Faults(KindCase.Merge(Schema, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("'subjects':[]", "subjects: Required value: subjects must contain at least one value")]
    [InlineData("'subjects':[{'kind':'x'}]", "subjects[0].kind: Unsupported value: \"x\": supported values: \"Group\", \"ServiceAccount\", \"User\"")]
    [InlineData("'subjects':[{'kind':'Group','user':{'name':'u'}}]", "subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'\nsubjects[0].group: Required value: group is required when subject kind is 'Group'")]
    [InlineData("'subjects':[{'kind':'ServiceAccount','serviceAccount':{'name':'*'}}]", "subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account")]
    [InlineData("'nonResourceRules':[]", "subjects: Required value: subjects must contain at least one value\n: Required value: at least one of resourceRules and nonResourceRules has to be non-empty")]
    [InlineData("'subjects':[{'kind':'User','user':{'name':'u'}}],'nonResourceRules':[{'verbs':['x'],'nonResourceURLs':['a*']}]",
        "nonResourceRules[0].verbs: Unsupported value: [\"x\"]: supported values: \"create\", \"delete\", \"deletecollection\", \"get\", \"list\", \"patch\", \"proxy\", \"update\", \"watch\"\nnonResourceRules[0].nonResourceURLs[0]: Invalid value: \"a*\": must start with slash")]
    [InlineData("'subjects':[{'kind':'User','user':{'name':'u'}}],'resourceRules':[{'verbs':['*'],'apiGroups':['*'],'resources':['*']}]",
        "resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace")]
    [InlineData("'subjects':[{'kind':'User','user':{'name':'u'}}],'resourceRules':[{'verbs':['*'],'apiGroups':['*'],'resources':['*'],'clusterScope':true}]", "")]
    public void Rule_Faults_AreTold(string rule, string faults)
    {
        var other = rule.Contains("Rules", StringComparison.Ordinal) ? "" : ",'nonResourceRules':[{'verbs':['get'],'nonResourceURLs':['/a/*']}]";
        Schemas.Faults($"{{'metadata':{{'name':'s'}},'spec':{{'priorityLevelConfiguration':{{'name':'low'}},'rules':[{{{rule}{other}}}]}}}}")
            .ShouldBe(string.Join('\n', faults.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(fault => "spec.rules[0]" + (fault[0] == ':' ? "" : ".") + fault)));
    }

    [Fact]
    public void Schema_Row_TellsItsLevel()
    {
        Schemas.Headings().ShouldBe("Name | PriorityLevel | MatchingPrecedence | DistinguisherMethod | Age | MissingPL");
        Schemas.Row(Schemas.Created(Schema).ToJsonString()).ShouldBe("s | low | 1000 | <none> | <unknown> | ?");
    }

    [Fact]
    public void Level_Defaults_AreFilled() => KindCase.ShouldBeJson(
        Levels.Created(Level)["spec"]!,
        "{'type':'Limited','limited':{'nominalConcurrencyShares':30,'lendablePercent':0,'limitResponse':{'type':'Queue','queuing':{'queues':64,'handSize':8,'queueLengthLimit':50}}}}");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'type':'x'}", "spec.type: Unsupported value: \"x\": supported values: \"Exempt\", \"Limited\"")]
    [InlineData("{'limited':null}", "spec.limited: Required value: must not be empty when type is Limited")]
    [InlineData("{'limited':{'lendablePercent':101}}", "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive")]
    [InlineData("{'limited':{'limitResponse':{'type':'Reject'}}}", "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited")]
    [InlineData("{'limited':{'limitResponse':{'queuing':{'handSize':65}}}}", "spec.limited.limitResponse.queuing.handSize: Invalid value: 65: should not be greater than queues (64)")]
    [InlineData("{'limited':{'limitResponse':{'queuing':{'handSize':20}}}}", "spec.limited.limitResponse.queuing.handSize: Invalid value: 20: required entropy bits of deckSize 64 and handSize 20 should not be greater than 60")]
    public void Level_Faults_AreTold(string change, string fault) => Levels.Faults(KindCase.Merge(Level, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Level_Exempt_IsForTheExemptOnly()
    {
        Levels.Faults("{'metadata':{'name':'x'},'spec':{'type':'Exempt'}}").ShouldBe("spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'");
        Levels.Row(Levels.Created(Level).ToJsonString()).ShouldBe("low | Limited | 30 | 64 | 8 | 50 | <unknown>");
        Levels.Row("{'metadata':{'name':'exempt'},'spec':{'type':'Exempt'}}").ShouldBe("exempt | Exempt | <none> | <none> | <none> | <none> | <unknown>");
    }
}
