using System.Net;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Subresources;

public sealed class SubresourceTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Controllers = "/api/v1/namespaces/default/replicationcontrollers";
    private const string Node = """ "target":{"kind":"Node","name":"n1"} """;

    [Fact]
    public async Task Binding_OfPod_BindsIt()
    {
        var body = (await gateway.Admin.CallAsync(HttpMethod.Post, Pods + "/web/binding", HttpCalls.Json($$"""{"metadata":{"name":"web","uid":"u1"},{{Node}}}""")))
            .ShouldSucceed(HttpStatusCode.Created);
        body["status"]!.GetValue<string>().ShouldBe("Success");
        gateway.Objects.LastBinding.ShouldBe((new ObjectKey("default", "web"), "u1", "n1"));
    }

    [Fact]
    public async Task Bindings_OfNamespace_BindThePodTheyName()
    {
        (await gateway.Admin.CallAsync(HttpMethod.Post, "/api/v1/namespaces/ns/bindings", HttpCalls.Json($$"""{"metadata":{"name":"other"},{{Node}}}""")))
            .ShouldSucceed(HttpStatusCode.Created);
        gateway.Objects.LastBinding.ShouldBe((new ObjectKey("ns", "other"), null, "n1"));
    }

    [Theory]
    [InlineData("/web/binding", """{"metadata":{"name":"web"}}""")]
    [InlineData("/web/binding", """{"metadata":{"name":"other"},"target":{"name":"n1"}}""")]
    [InlineData("/web/binding", """{"metadata":{"name":"web"},"target":{"kind":"Pod","name":"n1"}}""")]
    [InlineData("/web/binding", "")]
    [InlineData("/web/binding", "{")]
    public async Task Binding_ThatMakesNoSense_IsBadRequest(string path, string body) =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, Pods + path, HttpCalls.Json(body))).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");

    [Fact]
    public async Task Status_OfPod_IsWrittenThroughItsOwnDoor()
    {
        await gateway.CreateAsync(Pods, """{"metadata":{"name":"status"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        (await gateway.Admin.CallAsync(HttpMethod.Patch, Pods + "/status/status", new StringContent("""{"status":{"phase":"Running"}}""", null, "application/merge-patch+json")))
            .ShouldSucceed()["status"]!["phase"]!.GetValue<string>().ShouldBe("Running");
        gateway.Objects.LastSubresource.ShouldBe("status");
        (await gateway.Admin.GetJsonAsync(Pods + "/status/status")).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("Pod");
        (await gateway.Admin.CallAsync(HttpMethod.Delete, Pods + "/status/status")).ShouldFail(HttpStatusCode.MethodNotAllowed, "MethodNotAllowed");
    }

    [Fact]
    public async Task Finalize_OfNamespace_IsAnUpdateOfThatPart()
    {
        await gateway.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"going"}}""");
        (await gateway.Admin.CallAsync(HttpMethod.Put, "/api/v1/namespaces/going/finalize", HttpCalls.Json("""{"metadata":{"name":"going"},"spec":{"finalizers":[]}}""")))
            .ShouldSucceed();
        gateway.Objects.LastSubresource.ShouldBe("finalize");
    }

    [Fact]
    public async Task Scale_OfController_IsReadAndWritten()
    {
        await CreateControllerAsync("scaled");
        var path = Controllers + "/scaled/scale";
        var scale = (await gateway.Admin.GetJsonAsync(path)).ShouldSucceed();
        scale["kind"]!.GetValue<string>().ShouldBe("Scale");
        scale["apiVersion"]!.GetValue<string>().ShouldBe("autoscaling/v1");
        scale["spec"]!["replicas"]!.GetValue<int>().ShouldBe(2);
        scale["status"]!["selector"]!.GetValue<string>().ShouldBe("app=a");
        (await gateway.Admin.CallAsync(HttpMethod.Put, path, HttpCalls.Json("""{"metadata":{"name":"scaled"},"spec":{"replicas":4}}""")))
            .ShouldSucceed()["spec"]!["replicas"]!.GetValue<int>().ShouldBe(4);
        foreach (var (type, patch, expected) in new[]
        {
            ("merge-patch+json", """{"spec":{"replicas":5}}""", 5),
            ("strategic-merge-patch+json", """{"spec":{"replicas":6}}""", 6),
            ("json-patch+json", """[{"op":"replace","path":"/spec/replicas","value":7}]""", 7),
        })
        {
            (await gateway.Admin.CallAsync(HttpMethod.Patch, path, new StringContent(patch, null, "application/" + type)))
                .ShouldSucceed()["spec"]!["replicas"]!.GetValue<int>().ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"refused"},"spec":{"replicas":-1}}""", HttpStatusCode.UnprocessableEntity, "Invalid")]
    [InlineData("""{"metadata":{"name":"other"},"spec":{"replicas":1}}""", HttpStatusCode.BadRequest, "BadRequest")]
    [InlineData("""{"metadata":{"name":"refused","resourceVersion":"1"},"spec":{"replicas":1}}""", HttpStatusCode.Conflict, "Conflict")]
    public async Task Scale_ThatCannotBe_IsRefused(string scale, HttpStatusCode code, string reason)
    {
        await gateway.Admin.CallAsync(HttpMethod.Post, Controllers, HttpCalls.Json(Controller("refused")));
        (await gateway.Admin.CallAsync(HttpMethod.Put, Controllers + "/refused/scale", HttpCalls.Json(scale))).ShouldFail(code, reason);
    }

    private Task CreateControllerAsync(string name) => gateway.CreateAsync(Controllers, Controller(name));

    private static string Controller(string name) => $$$$"""
        {"metadata":{"name":"{{{{name}}}}"},"spec":{"replicas":2,"selector":{"app":"a"},
         "template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]} } } }
        """;
}
