using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.OpenApi;

public sealed class OpenApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Version3_OfCore_HasResolvableReferences()
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1")).ShouldSucceed();
        var schemas = document["components"]!["schemas"]!.AsObject();
        schemas["io.k8s.api.core.v1.Pod"]!["x-kubernetes-group-version-kind"]!.AsArray()[0]!["kind"]!.GetValue<string>().ShouldBe("Pod");
        schemas["io.k8s.api.core.v1.PodSpec"]!["properties"]!["containers"]!["items"]!["$ref"]!.GetValue<string>()
            .ShouldBe("#/components/schemas/io.k8s.api.core.v1.Container");
        References(document).ShouldAllBe(reference => schemas.ContainsKey(reference.Replace("#/components/schemas/", "")));
    }

    [Fact]
    public async Task Version2_OfEverything_HasResolvableReferences()
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v2")).ShouldSucceed();
        document["swagger"]!.GetValue<string>().ShouldBe("2.0");
        var definitions = document["definitions"]!.AsObject();
        References(document).ShouldAllBe(reference => definitions.ContainsKey(reference.Replace("#/definitions/", "")));
    }

    [Fact]
    public async Task Patch_OfEveryKind_TakesFieldValidation()
    {
        var paths = (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1")).ShouldSucceed()["paths"]!.AsObject();
        var patch = paths["/api/v1/namespaces/{namespace}/pods/{name}"]!["patch"]!;
        patch["x-kubernetes-group-version-kind"]!["kind"]!.GetValue<string>().ShouldBe("Pod");
        patch["parameters"]!.AsArray().Select(parameter => parameter!["name"]!.GetValue<string>()).ShouldContain("fieldValidation");
    }

    [Fact]
    public async Task Index_OfDocuments_NamesThemByHash()
    {
        var paths = (await gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed()["paths"]!;
        var address = paths["api/v1"]!["serverRelativeURL"]!.GetValue<string>();
        var answer = await gateway.Admin.GetJsonAsync(address);
        answer.ShouldSucceed();
        answer.Response.Headers.CacheControl!.ToString().ShouldContain("immutable");
        (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1?hash=0")).Response.Headers.CacheControl!.ToString().ShouldNotContain("immutable");
    }

    [Fact]
    public async Task Document_InProtobuf_IsNotAcceptable() =>
        (await gateway.Admin.GetJsonAsync("/openapi/v2", ("Accept", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")))
            .ShouldFail(HttpStatusCode.NotAcceptable, "NotAcceptable");

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(property => property.Key == "$ref" ? [property.Value!.GetValue<string>()] : References(property.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
