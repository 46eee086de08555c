using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Requests;

public sealed class ReadQueriesTests
{
    private static readonly RequestInfo Pods = new()
    {
        Path = "/api/v1/namespaces/default/pods",
        Verb = Verbs.List,
        IsResource = true,
        Namespace = "default",
        ServedVersion = BuiltInKinds.Registry[WellKnownResources.Pods].Storage,
    };

    [Theory]
    [InlineData("", null, false)]
    [InlineData("?resourceVersion=0", 0L, false)]
    [InlineData("?resourceVersion=7", 7L, false)]
    [InlineData("?resourceVersion=7&resourceVersionMatch=NotOlderThan", 7L, false)]
    [InlineData("?resourceVersion=7&resourceVersionMatch=NotOlderThan&limit=5", 7L, false)]
    [InlineData("?resourceVersion=7&resourceVersionMatch=Exact", 7L, true)]
    [InlineData("?resourceVersion=7&limit=5", 7L, true)]
    [InlineData("?resourceVersion=0&limit=5", 0L, false)]
    public void ForList_OfResourceVersion_IsAsFreshAsDocumented(string query, long? revision, bool isExact) =>
        List(query).Freshness.ShouldBe(new Freshness(revision, isExact));

    [Theory]
    [InlineData("?resourceVersionMatch=Exact", "resourceVersionMatch is forbidden unless resourceVersion is provided")]
    [InlineData("?resourceVersion=1&resourceVersionMatch=Newest", "Unsupported value: \"Newest\"")]
    [InlineData("?resourceVersion=0&resourceVersionMatch=Exact", "is forbidden for resourceVersion \"0\"")]
    [InlineData("?sendInitialEvents=true", "sendInitialEvents is forbidden for list")]
    [InlineData("?resourceVersion=x", "resourceVersion: Invalid value: \"x\"")]
    [InlineData("?resourceVersion=-1", "resourceVersion: Invalid value: \"-1\"")]
    [InlineData("?continue=abc&resourceVersion=5", "specifying resource version is not allowed when using continue")]
    [InlineData("?limit=many", "strconv.ParseInt: parsing \"many\": invalid syntax")]
    [InlineData("?limit=", "strconv.ParseInt: parsing \"\": invalid syntax")]
    [InlineData("?limit=99999999999999999999", "value out of range")]
    [InlineData("?limit=many&limit=5", "parsing \"many\"")]
    [InlineData("?timeoutSeconds=soon", "parsing \"soon\"")]
    [InlineData("?resourceVersion=18446744073709551616", "value out of range")]
    [InlineData("?fieldSelector=status.podIPs%3D1.2.3.4,spec.priority%3D1", "field label not supported: spec.priority")]
    [InlineData("?labelSelector=a%3D%3D%3Db", "unable to parse requirement")]
    [InlineData("?fieldSelector=spec.image%3Dx", "field label not supported: spec.image")]
    [InlineData("?fieldSelector=x", "invalid selector")]
    public void ForList_OfContradiction_TellsWhy(string query, string expected) =>
        Should.Throw<ApiException>(() => List(query)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("?gracePeriodSeconds=x&propagationPolicy=y&dryRun=z&fieldManager=%01")]
    [InlineData("?limit=5&limit=many")]
    [InlineData("?limit=-5")]
    public void ForList_OfOptionsThatDoNotCount_IsRead(string query) => List(query).Limit.ShouldBeOneOf(0, 5);

    [Fact]
    public void ForList_OfAnOlderFieldName_SelectsByTheNewer() =>
        List("?fieldSelector=spec.host%3Dn").Filter.Fields.RequiredValue("spec.nodeName").ShouldBe("n");

    [Theory]
    [InlineData("", null, null)]
    [InlineData("?resourceVersion=0", null, 0L)]
    [InlineData("?resourceVersion=7", 7L, 0L)]
    [InlineData("?sendInitialEvents=true&resourceVersionMatch=NotOlderThan", null, null)]
    [InlineData("?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=7", null, 7L)]
    [InlineData("?sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=7", 7L, 0L)]
    public void ForWatch_OfResourceVersion_StartsWhereDocumented(string query, long? after, long? freshness)
    {
        var watch = ReadQueries.ForWatch(Pods, RequestOptions.Parse(new QueryString(query.Length == 0 ? null : query)));
        watch.AfterRevision.ShouldBe(after);
        watch.InitialFreshness.ShouldBe(new Freshness(freshness));
    }

    [Theory]
    [InlineData("?sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    [InlineData("?sendInitialEvents=true&resourceVersionMatch=Exact", "Unsupported value: \"Exact\": supported values: \"NotOlderThan\"")]
    [InlineData("?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x", "resourceVersionMatch is forbidden when continue is provided")]
    [InlineData("?limit=many", "parsing \"many\"")]
    [InlineData("?resourceVersion=1&resourceVersionMatch=NotOlderThan", "forbidden for watch unless sendInitialEvents is provided")]
    public void ForWatch_OfContradiction_TellsWhy(string query, string expected) =>
        Should.Throw<ApiException>(() => ReadQueries.ForWatch(Pods, RequestOptions.Parse(new QueryString(query)))).Message.ShouldContain(expected);

    [Fact]
    public void ForWatch_OfNamedWatchPath_SelectsTheName()
    {
        var watch = ReadQueries.ForWatch(Pods with { Name = "web", IsNamedWatch = true }, RequestOptions.Parse(default));
        watch.Filter.Fields.RequiredValue("metadata.name").ShouldBe("web");
        watch.Filter.Namespace.ShouldBe("default");
    }

    [Theory]
    [InlineData("spec.nodeName%3Dn")]
    [InlineData("metadata.name%3Dother")]
    [InlineData("metadata.name!%3Dweb")]
    public void ForWatch_OfNamedWatchPathAndAnotherSelection_IsRefused(string fields) =>
        Should.Throw<ApiException>(() => ReadQueries.ForWatch(
            Pods with { Name = "web", IsNamedWatch = true }, RequestOptions.Parse(new QueryString("?fieldSelector=" + fields))))
            .Message.ShouldBe("fieldSelector metadata.name doesn't match requested name");

    private static ListQuery List(string query) =>
        ReadQueries.ForList(Pods, RequestOptions.Parse(new QueryString(query.Length == 0 ? null : query)));
}
