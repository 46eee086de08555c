using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using k8s.Models;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Tests.OpenApi;

/// <summary>The documents, read by peers that know the specification, and not the gateway: Microsoft.OpenApi, and Google's protobuf.</summary>
public sealed class OpenApiPeerTests : IAsyncLifetime
{
    /// <summary>A kind that has whatever a structural schema may have.</summary>
    private const string Definition = """
        {"metadata":{"name":"gadgets.test.example.com","uid":"1"},
         "spec":{"group":"test.example.com","scope":"Namespaced",
          "names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","listKind":"GadgetList"},
          "versions":[
           {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
            "selectableFields":[{"jsonPath":".spec.mode"}],
            "schema":{"openAPIV3Schema":{"type":"object","description":"A gadget.","required":["spec"],"properties":{
             "spec":{"type":"object","required":["replicas"],"properties":{
              "replicas":{"type":"integer","format":"int32","description":"How many.","default":1,"minimum":0,"maximum":9,"exclusiveMaximum":true},
              "share":{"type":"number","format":"double","multipleOf":0.5},
              "mode":{"type":"string","enum":["a","b"],"nullable":true,"pattern":"^[ab]$","minLength":1,"maxLength":1,"title":"Mode","example":"a"},
              "either":{"x-kubernetes-int-or-string":true},
              "both":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},
              "free":{"x-kubernetes-preserve-unknown-fields":true},
              "tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3,"x-kubernetes-list-type":"set"},
              "ports":{"type":"array","items":{"type":"object","required":["port"],"properties":{"port":{"type":"integer"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port"]},
              "more":{"type":"object","additionalProperties":{"type":"string"},"minProperties":1,"maxProperties":4},
              "pod":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true},
              "choice":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}],"not":{"required":["a","b"]}},
              "docs":{"type":"string","externalDocs":{"url":"https://example.com","description":"more"}}}},
             "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}},
           {"name":"v1beta1","served":true,"storage":false,
            "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
        """;

    // The specification allows it in parameters that are no bodies (https://spec.openapis.org/oas/v2.0.html#parameter-object).
    private const string AllowedAfterAll = "uniqueItems is not a valid property";

    private readonly GatewayFixture _gateway = new();

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _gateway.Registry.SetCustom([new CustomKind(ObjectCodec.Decode<V1CustomResourceDefinition>(Encoding.UTF8.GetBytes(Definition)))]);
    }

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Version3_OfEveryGroup_IsReadByAPeerWithoutAFault()
    {
        var paths = (await _gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed()["paths"]!.AsObject();
        paths.Count.ShouldBeGreaterThan(20);
        foreach (var (prefix, entry) in paths)
        {
            var address = entry!["serverRelativeURL"]!.GetValue<string>();
            var (document, faults) = await ReadAsync(address, OpenApiSpecVersion.OpenApi3_0);
            faults.ShouldBeEmpty(prefix);
            document.Paths.ShouldNotBeEmpty(prefix);
            document.Components!.Schemas.ShouldNotBeNull(prefix).ShouldNotBeEmpty(prefix);
        }
    }

    [Fact]
    public async Task Version2_OfEverything_IsReadByAPeerWithoutAFault()
    {
        var (document, faults) = await ReadAsync("/openapi/v2", OpenApiSpecVersion.OpenApi2_0);

        faults.Where(fault => !fault.Contains(AllowedAfterAll, StringComparison.Ordinal)).ShouldBeEmpty();
        document.Paths.Keys.ShouldContain("/apis/test.example.com/v1/namespaces/{namespace}/gadgets/{name}/scale");
        document.Components!.Schemas!.Keys.ShouldContain("io.k8s.api.core.v1.Pod");
    }

    [Fact]
    public async Task Version2_InProtobuf_HasThePathsAndDefinitionsOfItsJson()
    {
        var json = (await _gateway.Admin.GetJsonAsync("/openapi/v2")).ShouldSucceed();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v2");
        request.Headers.TryAddWithoutValidation("Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
        using var response = await _gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        var document = Fields(ByteString.CopyFrom(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));

        document[1].Single().ToStringUtf8().ShouldBe("2.0");
        NamesIn(document[8], entryField: 2).ShouldBe(json["paths"]!.AsObject().Select(path => path.Key));
        NamesIn(document[9], entryField: 1).ShouldBe(json["definitions"]!.AsObject().Select(definition => definition.Key));
    }

    /// <summary>The names of a map of gnostic's, which may come in parts: each entry has its name in field 1.</summary>
    private static IEnumerable<string> NamesIn(IEnumerable<ByteString> parts, int entryField) =>
        parts.SelectMany(part => Fields(part)[entryField]).Select(entry => Fields(entry)[1].Single().ToStringUtf8());

    /// <summary>The fields of a message that has none but texts and messages, by number.</summary>
    private static ILookup<int, ByteString> Fields(ByteString message)
    {
        var input = message.CreateCodedInput();
        var fields = new List<(int Number, ByteString Value)>();
        while (!input.IsAtEnd)
            fields.Add((WireFormat.GetTagFieldNumber(input.ReadTag()), input.ReadBytes()));
        return fields.ToLookup(field => field.Number, field => field.Value);
    }

    private async Task<(OpenApiDocument Document, IReadOnlyList<string> Faults)> ReadAsync(string path, OpenApiSpecVersion version)
    {
        var json = (await _gateway.Admin.GetJsonAsync(path)).ShouldSucceed();
        var result = OpenApiDocument.Parse(json.ToJsonString(), OpenApiConstants.Json, new OpenApiReaderSettings { RuleSet = ValidationRuleSet.GetDefaultRuleSet() });
        var diagnostic = result.Diagnostic.ShouldNotBeNull();
        diagnostic.SpecificationVersion.ShouldBe(version);
        var faults = diagnostic.Errors.Concat(diagnostic.Warnings).Select(fault => $"{fault.Pointer}: {fault.Message}")
            .Concat(References(json).Where(reference => Resolve(json, reference) is null).Select(reference => $"nothing is at {reference}"));
        return (result.Document.ShouldNotBeNull(), [.. faults.Distinct()]);
    }

    private static JsonNode? Resolve(JsonNode document, string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part]);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(property => property is { Key: "$ref", Value: JsonValue reference } ? [reference.GetValue<string>()] : References(property.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
