using System.Net;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

public sealed class ViewTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const string Partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    private const string PartialList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

    public async ValueTask InitializeAsync()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            await gateway.Admin.CallAsync(HttpMethod.Post, Maps,
                HttpCalls.Json($$$"""{"metadata":{"name":"{{{name}}}","labels":{"name":"{{{name}}}"}},"data":{"x":"1"}}"""));
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task List_OfObjects_IsTypedList()
    {
        var list = (await gateway.Admin.GetJsonAsync(Maps)).ShouldSucceed();
        list["kind"]!.GetValue<string>().ShouldBe("ConfigMapList");
        list["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        long.Parse(list["metadata"]!["resourceVersion"]!.GetValue<string>()).ShouldBeGreaterThan(0);
        list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task List_InPages_HasEveryObjectOnce()
    {
        var first = (await gateway.Admin.GetJsonAsync(Maps + "?limit=2")).ShouldSucceed();
        first["items"]!.AsArray().Count.ShouldBe(2);
        first["metadata"]!["remainingItemCount"]!.GetValue<int>().ShouldBe(1);
        var next = Uri.EscapeDataString(first["metadata"]!["continue"]!.GetValue<string>());
        var second = (await gateway.Admin.GetJsonAsync($"{Maps}?limit=2&continue={next}")).ShouldSucceed();
        second["items"]!.AsArray().Single()!["metadata"]!["name"]!.GetValue<string>().ShouldBe("c");
        second["metadata"]!["continue"].ShouldBeNull();
    }

    [Fact]
    public async Task List_WithNameSelector_IsThatObject() =>
        (await gateway.Admin.GetJsonAsync(Maps + "?fieldSelector=metadata.name%3Db")).ShouldSucceed()["items"]!.AsArray().Count.ShouldBe(1);

    [Fact]
    public async Task List_WithUnknownField_IsBadRequest()
    {
        (await gateway.Admin.GetJsonAsync("/api/v1/pods?fieldSelector=spec.image%3Db")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("field label not supported: spec.image");
        (await gateway.Admin.GetJsonAsync(Maps + "?fieldSelector=data.x%3Db")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("\"data.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }

    [Fact]
    public async Task List_AsTable_HasColumnsAndRows()
    {
        var table = (await gateway.Admin.GetJsonAsync(Maps, ("Accept", Table))).ShouldSucceed();
        table["kind"]!.GetValue<string>().ShouldBe("Table");
        table["apiVersion"]!.GetValue<string>().ShouldBe("meta.k8s.io/v1");
        table["columnDefinitions"]!.AsArray()[0]!["name"]!.GetValue<string>().ShouldBe("Name");
        var row = table["rows"]!.AsArray()[0]!;
        row["cells"]!.AsArray()[0]!.GetValue<string>().ShouldBe("a");
        row["cells"]!.AsArray()[1]!.GetValue<int>().ShouldBe(1);
        row["object"]!["kind"]!.GetValue<string>().ShouldBe("PartialObjectMetadata");
        row["object"]!["metadata"]!["labels"]!["name"]!.GetValue<string>().ShouldBe("a");
        row["object"]!["data"].ShouldBeNull();
    }

    [Theory]
    [InlineData("None", "null")]
    [InlineData("Object", "ConfigMap")]
    [InlineData("Metadata", "PartialObjectMetadata")]
    public async Task Get_AsTable_IncludesWhatIsAsked(string include, string expected)
    {
        var table = (await gateway.Admin.GetJsonAsync($"{Maps}/a?includeObject={include}", ("Accept", Table))).ShouldSucceed();
        (table["rows"]!.AsArray().Single()!["object"]?["kind"]!.GetValue<string>() ?? "null").ShouldBe(expected);
    }

    [Fact]
    public async Task Get_AsTableOfUnknownInclusion_IsBadRequest() =>
        (await gateway.Admin.GetJsonAsync(Maps + "/a?includeObject=Half", ("Accept", Table))).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");

    [Fact]
    public async Task Get_AsPartialMetadata_HasOnlyMetadata()
    {
        var obj = (await gateway.Admin.GetJsonAsync(Maps + "/a", ("Accept", Partial))).ShouldSucceed();
        obj["kind"]!.GetValue<string>().ShouldBe("PartialObjectMetadata");
        obj["metadata"]!["name"]!.GetValue<string>().ShouldBe("a");
        obj["data"].ShouldBeNull();
        var list = (await gateway.Admin.GetJsonAsync(Maps, ("Accept", PartialList))).ShouldSucceed();
        list["kind"]!.GetValue<string>().ShouldBe("PartialObjectMetadataList");
        list["items"]!.AsArray()[2]!["metadata"]!["name"]!.GetValue<string>().ShouldBe("c");
    }

    [Fact]
    public async Task Get_Pretty_IsIndented()
    {
        var text = await gateway.Admin.GetStringAsync(Maps + "/a?pretty=true", TestContext.Current.CancellationToken);
        text.ShouldContain("\n  \"metadata\": {");
        (await gateway.Admin.GetStringAsync(Maps + "?pretty=true", TestContext.Current.CancellationToken)).ShouldContain("\n  \"items\": [");
        (await gateway.Admin.GetStringAsync(Maps + "/a", TestContext.Current.CancellationToken)).ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("curl/8.5.0", "", true)]
    [InlineData("Wget/1.21", "", true)]
    [InlineData("Mozilla/5.0 (X11)", "?pretty=", true)]
    [InlineData("curl/8.5.0", "?pretty=0", false)]
    [InlineData("kubectl/v1.33", "", false)]
    [InlineData("kubectl/v1.33", "?pretty=yes", false)]
    [InlineData("kubectl/v1.33", "?pretty=T", true)]
    public async Task Get_ByAClientThatShowsAnswersToPeople_IsIndented(string agent, string query, bool isIndented)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Maps + "/a" + query);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        using var response = await gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Contains('\n', StringComparison.Ordinal).ShouldBe(isIndented);
    }

    [Fact]
    public async Task List_AsYaml_IsYaml()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Maps);
        request.Headers.Accept.ParseAdd("application/yaml");
        using var response = await gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/yaml");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("kind: ConfigMapList");
    }

    [Fact]
    public async Task List_OfManyObjects_ArrivesWhole()
    {
        var filler = new string('x', 20_000);
        for (var i = 0; i < 50; i++)
            await gateway.CreateAsync("/api/v1/namespaces/many/configmaps", $$$"""{"metadata":{"name":"m{{{i:D3}}}"},"data":{"x":"{{{filler}}}"}}""");
        var list = (await gateway.Admin.GetJsonAsync("/api/v1/namespaces/many/configmaps")).ShouldSucceed();
        list["items"]!.AsArray().Count.ShouldBe(50);
    }
}
