using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

public sealed class ApplyTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Controllers = "/api/v1/namespaces/default/replicationcontrollers";

    [Theory]
    [InlineData("yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied-yaml\ndata:\n  a: '1'\n")]
    [InlineData("json", """ {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied-json"},"data":{"a":"1"}}""")]
    public async Task Apply_OfYamlOrJson_CreatesThenAnswersOk(string format, string configuration)
    {
        var created = (await ApplyAsync($"{Maps}/applied-{format}?fieldManager=me", configuration)).ShouldSucceed(HttpStatusCode.Created);
        var entry = created["metadata"]!["managedFields"]!.AsArray().ShouldHaveSingleItem()!;
        entry["manager"]!.GetValue<string>().ShouldBe("me");
        entry["operation"]!.GetValue<string>().ShouldBe("Apply");
        entry["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:data":{"f:a":{}}}""");
        (await ApplyAsync($"{Maps}/applied-{format}?fieldManager=me", configuration)).ShouldSucceed();
    }

    [Fact]
    public async Task Apply_WithoutFieldManager_IsInvalid() =>
        (await ApplyAsync($"{Maps}/x", Map("x", "1"))).ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid")
            .ShouldBe("""PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch""");

    [Fact]
    public async Task Patch_WithForce_IsInvalid()
    {
        await gateway.CreateAsync(Maps, """{"metadata":{"name":"forced"}}""");
        var answer = await gateway.Admin.CallAsync(
            HttpMethod.Patch, $"{Maps}/forced?force=true", new StringContent("{}", null, "application/merge-patch+json"));
        answer.ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid")
            .ShouldBe("""PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch""");
    }

    [Fact]
    public async Task Apply_OfAnothersField_IsAConflictWithCausesUnlessForced()
    {
        await ApplyAsync($"{Maps}/fought?fieldManager=one", Map("fought", "1"));
        var refused = await ApplyAsync($"{Maps}/fought?fieldManager=two", Map("fought", "2"));
        refused.ShouldFail(HttpStatusCode.Conflict, "Conflict").ShouldBe("""Apply failed with 1 conflict: conflict with "one": .data.a""");
        var cause = refused.Body!["details"]!["causes"]!.AsArray().ShouldHaveSingleItem()!;
        cause["reason"]!.GetValue<string>().ShouldBe("FieldManagerConflict");
        cause["field"]!.GetValue<string>().ShouldBe(".data.a");
        cause["message"]!.GetValue<string>().ShouldBe("conflict with \"one\"");
        (await ApplyAsync($"{Maps}/fought?fieldManager=two&force=true", Map("fought", "2"))).ShouldSucceed()["data"]!["a"]!.GetValue<string>().ShouldBe("2");
    }

    [Theory]
    [InlineData("a: [", "error decoding patch: error converting YAML to JSON: yaml: line 2: did not find")]
    [InlineData("[]", "the configuration must be an object")]
    public async Task Apply_OfMalformedYaml_IsBadRequest(string body, string message) =>
        (await ApplyAsync($"{Maps}/x?fieldManager=me", body)).ShouldFail(HttpStatusCode.BadRequest, "BadRequest").ShouldContain(message);

    [Fact]
    public async Task Apply_OfUnknownField_IsRefusedAsByKubernetes()
    {
        var (response, body) = await ApplyAsync($"{Maps}/x?fieldManager=me", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"default"},"dta":{}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        body!["message"]!.GetValue<string>().ShouldBe(
            "failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .dta: field not declared in schema");
    }

    [Fact]
    public async Task Create_WithoutFieldManager_IsByTheUserAgent()
    {
        var (response, body) = await gateway.Admin.CallAsync(
            HttpMethod.Post, Maps, HttpCalls.Json("""{"metadata":{"name":"agent"},"data":{"a":"1"}}"""), ("User-Agent", "some agent/1.0 (linux)"));
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        body!["metadata"]!["managedFields"]![0]!["manager"]!.GetValue<string>().ShouldBe("some agent");
    }

    [Fact]
    public async Task Scale_Applied_OwnsTheReplicasOfItsObject()
    {
        await gateway.CreateAsync(Controllers, """
            {"metadata":{"name":"scaled"},"spec":{"replicas":1,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """);
        const string Scale = """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"scaled"},"spec":{"replicas":3}}""";
        (await ApplyAsync($"{Controllers}/scaled/scale?fieldManager=hpa", Scale)).ShouldFail(HttpStatusCode.Conflict, "Conflict").ShouldContain(".spec.replicas");
        (await ApplyAsync($"{Controllers}/scaled/scale?fieldManager=hpa&force=true", Scale)).ShouldSucceed()["spec"]!["replicas"]!.GetValue<int>().ShouldBe(3);
        var entry = (await gateway.Admin.GetJsonAsync($"{Controllers}/scaled")).ShouldSucceed()["metadata"]!["managedFields"]![0]!;
        entry["manager"]!.GetValue<string>().ShouldBe("hpa");
        entry["subresource"]!.GetValue<string>().ShouldBe("scale");
        entry["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        entry["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{"f:replicas":{}}}""");
    }

    private Task<(HttpResponseMessage Response, JsonNode? Body)> ApplyAsync(string path, string configuration)
    {
        var content = new StringContent(configuration);
        content.Headers.ContentType = new("application/apply-patch+yaml");
        return gateway.Admin.CallAsync(HttpMethod.Patch, path, content);
    }

    private static string Map(string name, string value) =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"a":"{{{value}}}"}}""";
}
