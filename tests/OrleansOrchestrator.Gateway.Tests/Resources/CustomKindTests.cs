using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

/// <summary>A kind that comes and goes while the gateway runs.</summary>
public sealed class CustomKindTests : IAsyncLifetime
{
    private const string Definition = """
        {"metadata":{"name":"gadgets.test.example.com","uid":"1"},
         "spec":{"group":"test.example.com","scope":"Namespaced",
          "names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","listKind":"GadgetList","shortNames":["gd"],"categories":["all"]},
          "versions":[
           {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
            "additionalPrinterColumns":[{"name":"Replicas","type":"integer","jsonPath":".spec.replicas"},{"name":"Since","type":"date","jsonPath":".metadata.creationTimestamp"}],
            "schema":{"openAPIV3Schema":{"type":"object","description":"A gadget.","properties":{
             "spec":{"type":"object","properties":{"replicas":{"type":"integer","description":"How many.","default":1},"either":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}}}}}}},
           {"name":"v1beta1","served":true,"storage":false,"deprecated":true,
            "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}},
           {"name":"v1alpha1","served":false,"storage":false,
            "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
        """;

    private const string Stable = "/apis/test.example.com/v1/namespaces/default/gadgets";
    private const string Beta = "/apis/test.example.com/v1beta1/namespaces/default/gadgets";
    private const string Gadget = """{"apiVersion":"test.example.com/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"replicas":2,"extra":1}}""";

    private readonly GatewayFixture _gateway = new();

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        Define();
    }

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Kind_DefinedAndTakenBack_ComesAndGoes()
    {
        (await _gateway.Admin.GetJsonAsync(Stable)).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("GadgetList");
        _gateway.Registry.SetCustom([]);
        (await _gateway.Admin.GetJsonAsync(Stable)).ShouldFail(HttpStatusCode.NotFound, "NotFound");
        (await _gateway.Admin.GetJsonAsync("/apis/test.example.com")).ShouldFail(HttpStatusCode.NotFound, "NotFound");
        Define();
        (await _gateway.Admin.GetJsonAsync("/apis/test.example.com")).ShouldSucceed()["preferredVersion"]!["version"]!.GetValue<string>().ShouldBe("v1");
    }

    [Fact]
    public async Task Kind_DefinedElsewhere_IsServedToWhoAsksBeforeThisSiloHasHeardOfIt()
    {
        var elsewhere = _gateway.Registry[new ResourceName("gadgets", "test.example.com")];
        _gateway.Registry.SetCustom([]);
        (await PostAsync(Stable, Gadget)).ShouldFail(HttpStatusCode.NotFound, "NotFound");
        _gateway.UnheardOf.Definitions.Add(elsewhere);
        (await PostAsync(Stable, Gadget)).ShouldSucceed(HttpStatusCode.Created);
        (await _gateway.Admin.GetJsonAsync(Stable.Replace("v1", "v7"))).ShouldFail(HttpStatusCode.NotFound, "NotFound");
    }

    [Fact]
    public async Task Discovery_OfCustomKind_TellsServedVersionsNamesAndSubresources()
    {
        var resources = (await _gateway.Admin.GetJsonAsync("/apis/test.example.com/v1")).ShouldSucceed()["resources"]!.AsArray();
        resources.Select(resource => resource!["name"]!.GetValue<string>()).ShouldBe(["gadgets", "gadgets/scale", "gadgets/status"]);
        resources[0]!["shortNames"]!.AsArray().Select(name => name!.GetValue<string>()).ShouldBe(["gd"]);
        (await _gateway.Admin.GetJsonAsync("/apis/test.example.com/v1alpha1")).ShouldFail(HttpStatusCode.NotFound, "NotFound");
        var aggregated = (await _gateway.Admin.GetJsonAsync(
            "/apis", ("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"))).ShouldSucceed();
        aggregated["items"]!.AsArray().Select(group => group!["metadata"]!["name"]!.GetValue<string>()).ShouldContain("test.example.com");
    }

    [Fact]
    public async Task Object_InAnotherVersion_DiffersByVersionAndWarnsOfIt()
    {
        var created = (await PostAsync(Stable, Gadget)).ShouldSucceed(HttpStatusCode.Created);
        created["spec"]!.ToJsonString().ShouldBe("""{"replicas":2}""");
        var answer = await _gateway.Admin.GetJsonAsync(Beta + "/g");
        answer.Response.Headers.Warning.Single().Text.ShouldBe("\"test.example.com/v1beta1 Gadget is deprecated\"");
        var beta = answer.ShouldSucceed();
        beta["apiVersion"]!.GetValue<string>().ShouldBe("test.example.com/v1beta1");
        beta["spec"]!.ToJsonString().ShouldBe("""{"replicas":2}""");
        (await _gateway.Admin.GetJsonAsync(Beta)).ShouldSucceed()["items"]![0]!["apiVersion"]!.GetValue<string>().ShouldBe("test.example.com/v1beta1");
    }

    [Fact]
    public async Task Table_OfCustomKind_HasItsColumns()
    {
        await PostAsync(Stable, Gadget);
        var table = (await _gateway.Admin.GetJsonAsync(Stable, ("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1"))).ShouldSucceed();
        table["columnDefinitions"]!.AsArray().Select(column => column!["name"]!.GetValue<string>()).ShouldBe(["Name", "Replicas", "Since"]);
        table["rows"]![0]!["cells"]!.AsArray().Take(2).Select(cell => cell!.ToJsonString()).ShouldBe(["\"g\"", "2"]);
        var metadata = (await _gateway.Admin.GetJsonAsync(Stable + "/g", ("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"))).ShouldSucceed();
        metadata["metadata"]!["name"]!.GetValue<string>().ShouldBe("g");
    }

    [Fact]
    public async Task Patch_OfCustomKind_IsMergedButNotStrategically()
    {
        await PostAsync(Stable, Gadget);
        (await PatchAsync("application/merge-patch+json")).ShouldSucceed()["spec"]!["replicas"]!.GetValue<int>().ShouldBe(5);
        (await PatchAsync("application/strategic-merge-patch+json")).ShouldFail(HttpStatusCode.UnsupportedMediaType, "UnsupportedMediaType");
    }

    [Fact]
    public async Task Scale_OfCustomKind_ReadsAndWritesItsPaths()
    {
        await PostAsync(Stable, Gadget);
        var scale = (await _gateway.Admin.GetJsonAsync(Stable + "/g/scale")).ShouldSucceed();
        scale["spec"]!["replicas"]!.GetValue<int>().ShouldBe(2);
        scale["spec"]!["replicas"] = 7;
        (await _gateway.Admin.CallAsync(HttpMethod.Put, Stable + "/g/scale", HttpCalls.Json(scale.ToJsonString()))).ShouldSucceed();
        (await _gateway.Admin.GetJsonAsync(Stable + "/g")).ShouldSucceed()["spec"]!["replicas"]!.GetValue<int>().ShouldBe(7);
    }

    [Fact]
    public async Task OpenApi_OfCustomKind_HasItsSchemaAndLeavesOtherDocumentsAlone()
    {
        var before = (await IndexAsync())["api/v1"]!.ToJsonString();
        var document = (await _gateway.Admin.GetJsonAsync("/openapi/v3/apis/test.example.com/v1")).ShouldSucceed();
        var schema = document["components"]!["schemas"]!["com.example.test.v1.Gadget"]!;
        schema["description"]!.GetValue<string>().ShouldBe("A gadget.");
        schema["properties"]!["spec"]!["properties"]!["replicas"]!["description"]!.GetValue<string>().ShouldBe("How many.");
        schema["properties"]!["metadata"]!["allOf"]![0]!["$ref"]!.GetValue<string>()
            .ShouldBe("#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
        schema["x-kubernetes-group-version-kind"]![0]!["kind"]!.GetValue<string>().ShouldBe("Gadget");

        var version2 = (await _gateway.Admin.GetJsonAsync("/openapi/v2")).ShouldSucceed();
        var either = version2["definitions"]!["com.example.test.v1.Gadget"]!["properties"]!["spec"]!["properties"]!["either"]!;
        either.ToJsonString().ShouldBe("""{"x-kubernetes-int-or-string":true}""");
        version2["definitions"]!["com.example.test.v1beta1.Gadget"]!.ToJsonString().ShouldBe(
            """{"type":"object","x-kubernetes-group-version-kind":[{"group":"test.example.com","kind":"Gadget","version":"v1beta1"}]}""");

        _gateway.Registry.SetCustom([]);
        var after = await IndexAsync();
        after["api/v1"]!.ToJsonString().ShouldBe(before);
        after["apis/test.example.com/v1"].ShouldBeNull();
    }

    /// <summary>What older clients are told of schemas that they have no words for, and what newer ones are told.</summary>
    [Theory]
    [InlineData("""{"type":"object","x-kubernetes-preserve-unknown-fields":true,"description":"d","properties":{"a":{"type":"string"}}}""",
        """{"x-kubernetes-preserve-unknown-fields":true,"description":"d"}""",
        """{"type":"object","x-kubernetes-preserve-unknown-fields":true,"description":"d","properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-preserve-unknown-fields":true}""",
        """{"x-kubernetes-preserve-unknown-fields":true}""",
        """{"type":"array","items":{"type":"string"},"x-kubernetes-preserve-unknown-fields":true}""")]
    [InlineData("""{"type":"object","required":["a","b"],"properties":{"a":{"type":"string","nullable":true},"b":{"type":"string"}}}""",
        """{"type":"object","required":["b"],"properties":{"a":{},"b":{"type":"string"}}}""",
        """{"type":"object","required":["a","b"],"properties":{"a":{"type":"string","nullable":true},"b":{"type":"string"}}}""")]
    [InlineData("""{"type":"object","nullable":true,"properties":{"a":{"type":"string"}}}""", "{}", """{"type":"object","nullable":true,"properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"type":"string","allOf":[{"maxLength":3}],"not":{"enum":["a"]}}""", """{"type":"string"}""", """{"type":"string","allOf":[{"maxLength":3}],"not":{"enum":["a"]}}""")]
    [InlineData("""{"x-kubernetes-int-or-string":true}""", """{"x-kubernetes-int-or-string":true}""",
        """{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}""")]
    [InlineData("""{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}""",
        """{"x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}""",
        """{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true,"required":["kind","apiVersion"],"properties":["apiVersion","kind","metadata"]}""")]
    [InlineData("""{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}}""",
        """{"type":"object","x-kubernetes-embedded-resource":true,"required":["kind","apiVersion"],"properties":["apiVersion","kind","metadata","spec"]}""",
        """{"type":"object","x-kubernetes-embedded-resource":true,"required":["kind","apiVersion"],"properties":["apiVersion","kind","metadata","spec"]}""")]
    public async Task OpenApi_OfASchemaOfAField_SaysWhatItsVersionCanSay(string schema, string inVersion2, string inVersion3)
    {
        Define(Definition.Replace("\"replicas\":{\"type\":\"integer\"", $"\"field\":{schema},\"replicas\":{{\"type\":\"integer\"", StringComparison.Ordinal));
        var version2 = (await _gateway.Admin.GetJsonAsync("/openapi/v2")).ShouldSucceed()["definitions"]!;
        ShouldBeSchema(version2, inVersion2);
        var version3 = (await _gateway.Admin.GetJsonAsync("/openapi/v3/apis/test.example.com/v1")).ShouldSucceed()["components"]!["schemas"]!;
        ShouldBeSchema(version3, inVersion3);
    }

    /// <summary>Compares a schema; of properties that are given as a list, only the names.</summary>
    private static void ShouldBeSchema(JsonNode schemas, string expected)
    {
        var field = schemas["com.example.test.v1.Gadget"]!["properties"]!["spec"]!["properties"]!["field"]!.DeepClone();
        var wanted = JsonNode.Parse(expected)!;
        if (wanted["properties"] is JsonArray)
            field["properties"] = new JsonArray([.. field["properties"]!.AsObject().Select(property => JsonValue.Create(property.Key))]);
        JsonNode.DeepEquals(field, wanted).ShouldBeTrue(field.ToJsonString());
    }

    private void Define(string definition = Definition) =>
        _gateway.Registry.SetCustom([new CustomKind(ObjectCodec.Decode<V1CustomResourceDefinition>(Encoding.UTF8.GetBytes(definition)))]);

    private async Task<JsonNode> IndexAsync() => (await _gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed()["paths"]!;

    private Task<(HttpResponseMessage Response, JsonNode? Body)> PostAsync(string path, string json) =>
        _gateway.Admin.CallAsync(HttpMethod.Post, path, HttpCalls.Json(json));

    private Task<(HttpResponseMessage Response, JsonNode? Body)> PatchAsync(string type) =>
        _gateway.Admin.CallAsync(HttpMethod.Patch, Stable + "/g", new StringContent("""{"spec":{"replicas":5}}""", null, type));
}
