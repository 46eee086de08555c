using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.OpenApi;

public sealed class OpenApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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

    [Theory]
    [InlineData("apis/authorization.k8s.io/v1", "io.k8s.api.authorization.v1.SelfSubjectAccessReview", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")]
    [InlineData("apis/authentication.k8s.io/v1", "io.k8s.api.authentication.v1.TokenRequest", "/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token")]
    [InlineData("apis/policy/v1", "io.k8s.api.policy.v1.Eviction", "/api/v1/namespaces/{namespace}/pods/{name}/eviction")]
    [InlineData("api/v1", "io.k8s.api.core.v1.Binding", "/api/v1/namespaces/{namespace}/bindings")]
    public async Task Version3_OfKindsThatAreNotStored_DescribesThem(string prefix, string schema, string path)
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v3/" + prefix)).ShouldSucceed();
        var schemas = document["components"]!["schemas"]!.AsObject();
        schemas[schema]!["x-kubernetes-group-version-kind"]!.AsArray().Count.ShouldBe(1);
        document["paths"]![path]!["post"]!["requestBody"].ShouldNotBeNull();
        References(document).ShouldAllBe(reference => schemas.ContainsKey(reference.Replace("#/components/schemas/", "")));
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
    public async Task Property_OfSchema_IsDescribedAndTellsHowItIsPatched()
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1")).ShouldSucceed();
        var properties = document["components"]!["schemas"]!["io.k8s.api.core.v1.PodSpec"]!["properties"]!;
        properties["os"]!["description"]!.GetValue<string>().ShouldStartWith(
            "Specifies the OS of the containers in the pod. Some pod and container fields are restricted if this is set.\n\nIf the OS field is set to linux");
        properties["os"]!["allOf"]![0]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/io.k8s.api.core.v1.PodOS");
        properties["containers"]!["x-kubernetes-patch-strategy"]!.GetValue<string>().ShouldBe("merge");
        properties["containers"]!["x-kubernetes-patch-merge-key"]!.GetValue<string>().ShouldBe("name");
        properties["volumes"]!["x-kubernetes-patch-strategy"]!.GetValue<string>().ShouldBe("merge,retainKeys");
    }

    [Theory]
    [InlineData("/openapi/v3/api/v1")]
    [InlineData("/openapi/v2")]
    public async Task Schema_OfType_TellsHowItsPartsAreOwned(string path)
    {
        var document = (await gateway.Admin.GetJsonAsync(path)).ShouldSucceed();
        var schemas = (document["definitions"] ?? document["components"]!["schemas"]!).AsObject();
        var ports = schemas["io.k8s.api.core.v1.Container"]!["properties"]!["ports"]!;
        ports["x-kubernetes-list-type"]!.GetValue<string>().ShouldBe("map");
        ports["x-kubernetes-list-map-keys"]!.AsArray().Select(key => key!.GetValue<string>()).ShouldBe(["containerPort", "protocol"]);
        var pod = schemas["io.k8s.api.core.v1.PodSpec"]!["properties"]!;
        pod["nodeSelector"]!["x-kubernetes-map-type"]!.GetValue<string>().ShouldBe("atomic");
        pod["tolerations"]!["x-kubernetes-list-type"]!.GetValue<string>().ShouldBe("atomic");
        schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]!["x-kubernetes-map-type"]!.GetValue<string>().ShouldBe("atomic");
    }

    [Fact]
    public async Task Description_OfEveryKindsFields_IsThere()
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1")).ShouldSucceed();
        var silent = document["components"]!["schemas"]!.AsObject()
            .SelectMany(schema => (schema.Value!["properties"]?.AsObject() ?? []).Select(property => (Name: $"{schema.Key}.{property.Key}", property.Value)))
            .Where(property => property.Value!["description"] is null)
            .Select(property => property.Name);
        silent.ShouldBeEmpty();
    }

    [Fact]
    public async Task Operations_OfDocument_HaveNamesOfTheirOwn()
    {
        var document = (await gateway.Admin.GetJsonAsync("/openapi/v2")).ShouldSucceed();
        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .Where(operation => operation.Key != "parameters")
            .Select(operation => operation.Value!["operationId"]!.GetValue<string>())
            .ToList();
        ids.ShouldBeUnique();
        ids.ShouldContain("readCoreV1NamespacedPod");
        ids.ShouldContain("listCoreV1PodForAllNamespaces");
        ids.ShouldContain("deleteCoordinationV1CollectionNamespacedLease");
    }

    [Fact]
    public async Task Document_OfClientThatTakesGzip_IsTheSame()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v3/api/v1");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await gateway.Admin.SendAsync(request, Cancellation);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var gzip = new GZipStream(await response.Content.ReadAsStreamAsync(Cancellation), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        (await reader.ReadToEndAsync(Cancellation)).ShouldBe(await gateway.Admin.GetStringAsync("/openapi/v3/api/v1", Cancellation));
    }

    [Fact]
    public async Task Version3_InProtobuf_IsNotAcceptable() =>
        (await gateway.Admin.GetJsonAsync("/openapi/v3/api/v1", ("Accept", "application/com.github.proto-openapi.spec.v3.v1.0+protobuf")))
            .ShouldFail(HttpStatusCode.NotAcceptable, "NotAcceptable");

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(property => property is { Key: "$ref", Value: JsonValue reference } ? [reference.GetValue<string>()] : References(property.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
