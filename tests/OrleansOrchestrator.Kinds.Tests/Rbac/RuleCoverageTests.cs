using k8s.Models;
using OrleansOrchestrator.Kinds.Rbac;

namespace OrleansOrchestrator.Kinds.Tests.Rbac;

public sealed class RuleCoverageTests
{
    [Theory]
    [InlineData("get,list||pods", "get||pods", "")]
    [InlineData("get||pods", "get,list,watch||pods", """{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}""")]
    [InlineData("*|*|*", "get|apps|deployments/scale|web", "")]
    [InlineData("get||*/scale", "get||pods/scale", "")]
    [InlineData("get||*/scale", "get||pods", """{APIGroups:[""], Resources:["pods"], Verbs:["get"]}""")]
    [InlineData("get||pods", "get||pods/log", """{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}""")]
    [InlineData("get||pods|a", "get||pods|a,b", """{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}""")]
    [InlineData("get||pods|a", "get||pods", """{APIGroups:[""], Resources:["pods"], Verbs:["get"]}""")]
    [InlineData("get,list||pods;get|apps|deployments", "get||pods;*|apps|deployments", """{APIGroups:["apps"], Resources:["deployments"], Verbs:["*"]}""")]
    [InlineData("get|/a/*", "get|/a/b", "")]
    [InlineData("get|/a/*", "get|/ab", """{NonResourceURLs:["/ab"], Verbs:["get"]}""")]
    [InlineData("*|*|*", "get|/metrics", """{NonResourceURLs:["/metrics"], Verbs:["get"]}""")]
    [InlineData("", "get||pods", """{APIGroups:[""], Resources:["pods"], Verbs:["get"]}""")]
    public void Missing_IsWhatNoHeldRuleCovers(string held, string wanted, string missing) =>
        string.Join(' ', RuleCoverage.Missing(Rules(held), Rules(wanted)).Select(RuleCoverage.TextOf)).ShouldBe(missing);

    [Fact]
    public void ComparisonsOf_AProductBeyondAllBounds_IsKnownBeforeItIsMade()
    {
        string[] many = [.. Enumerable.Range(0, 5_000).Select(i => $"r{i}")];

        RuleCoverage.ComparisonsOf([], [new V1PolicyRule { ApiGroups = many, Resources = many, Verbs = many, ResourceNames = many }]).ShouldBe(625e12);
        RuleCoverage.ComparisonsOf([.. Rules("get||pods;get||nodes")], Rules("get,list||pods|a,b;get|/a")).ShouldBe(10);
    }

    private static IEnumerable<V1PolicyRule> Rules(string text) => text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(rule => rule.Split('|') switch
    {
        [var verbs, var path] => new V1PolicyRule { Verbs = verbs.Split(','), NonResourceURLs = [path] },
        [var verbs, var group, var resource] => new V1PolicyRule { Verbs = verbs.Split(','), ApiGroups = [group], Resources = [resource] },
        [var verbs, var group, var resource, var names] => new V1PolicyRule { Verbs = verbs.Split(','), ApiGroups = [group], Resources = [resource], ResourceNames = names.Split(',') },
        _ => throw new FormatException(text),
    });
}
