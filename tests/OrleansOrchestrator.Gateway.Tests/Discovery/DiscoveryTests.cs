using System.Net;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Discovery;

public sealed class DiscoveryTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    [Fact]
    public async Task Api_OfCore_NamesItsVersions() =>
        (await gateway.Admin.GetJsonAsync("/api")).ShouldSucceed()["versions"]!.AsArray().Select(v => v!.GetValue<string>()).ShouldBe(["v1"]);

    [Fact]
    public async Task Apis_OfGroups_NamesThemWithPreferredVersion()
    {
        var groups = (await gateway.Admin.GetJsonAsync("/apis")).ShouldSucceed()["groups"]!.AsArray();
        var lease = groups.Single(group => group!["name"]!.GetValue<string>() == "coordination.k8s.io")!;
        lease["preferredVersion"]!["groupVersion"]!.GetValue<string>().ShouldBe("coordination.k8s.io/v1");
        (await gateway.Admin.GetJsonAsync("/apis/coordination.k8s.io")).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("APIGroup");
    }

    [Fact]
    public async Task Resources_OfCore_HaveTheirSubresources()
    {
        var resources = (await gateway.Admin.GetJsonAsync("/api/v1")).ShouldSucceed()["resources"]!.AsArray()
            .ToDictionary(resource => resource!["name"]!.GetValue<string>(), resource => resource!);
        resources.Keys.ShouldContain("pods/status");
        resources.Keys.ShouldContain("pods/binding");
        resources.Keys.ShouldContain("namespaces/finalize");
        resources["bindings"]["verbs"]!.AsArray().Count.ShouldBe(1);
        resources["replicationcontrollers/scale"]["kind"]!.GetValue<string>().ShouldBe("Scale");
        resources["replicationcontrollers/scale"]["group"]!.GetValue<string>().ShouldBe("autoscaling");
        resources["nodes"]["namespaced"]!.GetValue<bool>().ShouldBeFalse();
        resources["pods"]["shortNames"]!.AsArray()[0]!.GetValue<string>().ShouldBe("po");
    }

    [Fact]
    public async Task Aggregated_OfApis_HasAllInOneDocument()
    {
        var answer = await gateway.Admin.GetJsonAsync("/apis", ("Accept", Aggregated + ",application/json"));
        var list = answer.ShouldSucceed();
        answer.Response.Content.Headers.ContentType!.ToString().Replace(" ", "").ShouldBe(Aggregated);
        list["kind"]!.GetValue<string>().ShouldBe("APIGroupDiscoveryList");
        var resource = list["items"]!.AsArray().Single(item => item!["metadata"]!["name"]!.GetValue<string>() == "coordination.k8s.io")!
            ["versions"]!.AsArray()[0]!["resources"]!.AsArray()[0]!;
        resource["resource"]!.GetValue<string>().ShouldBe("leases");
        resource["responseKind"]!["kind"]!.GetValue<string>().ShouldBe("Lease");
        resource["scope"]!.GetValue<string>().ShouldBe("Namespaced");
    }

    [Theory]
    [InlineData("/apis")]
    [InlineData("/openapi/v3")]
    [InlineData("/openapi/v2")]
    public async Task Document_ThatTheClientHas_IsNotSentAgain(string path)
    {
        var first = await gateway.Admin.GetJsonAsync(path);
        var tag = first.Response.Headers.ETag!.Tag;
        var second = await gateway.Admin.GetJsonAsync(path, ("If-None-Match", tag));
        second.Response.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await gateway.Admin.GetJsonAsync(path, ("If-None-Match", "\"other\""))).ShouldSucceed();
    }

    [Fact]
    public async Task Version_OfServer_IsOfTheApiItSpeaks()
    {
        var version = (await gateway.Admin.GetJsonAsync("/version")).ShouldSucceed();
        version["major"]!.GetValue<string>().ShouldBe("1");
        version["minor"]!.GetValue<string>().ShouldBe("33");
        version["gitVersion"]!.GetValue<string>().ShouldStartWith("v1.33.0+orleansorchestrator.");
    }

    [Fact]
    public void HighestFirst_OfVersions_PutsStableAndNewerFirst()
    {
        string[] versions = ["v1alpha1", "v1", "v2beta1", "v10", "v2", "v1beta2", "odd"];
        versions.Order(VersionPriority.HighestFirst).ShouldBe(["v10", "v2", "v1", "v2beta1", "v1beta2", "v1alpha1", "odd"]);
    }
}
