using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Requests;

/// <summary>Texts that are not Unicode come in as U+FFFD, wherever they stand, as with Go's readers.</summary>
public sealed class TextTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private static readonly string Lone = "\\ud800";

    [Fact]
    public async Task Create_WithHalfASurrogatePair_StoresTheReplacementCharacter()
    {
        var stored = (await SendAsync(HttpMethod.Post, Maps, $$$"""{"metadata":{"name":"lone"},"data":{"a":"x{{{Lone}}}y"}}""", "application/json")).ShouldSucceed(HttpStatusCode.Created);

        stored["data"]!["a"]!.GetValue<string>().ShouldBe("x\uFFFDy");
    }

    [Fact]
    public async Task Create_WithAByteOfNoCharacter_StoresTheReplacementCharacter()
    {
        byte[] body = [.. """{"metadata":{"name":"byte"},"data":{"a":"x"""u8, 0xff, .. "\"}}"u8];

        (await SendAsync(HttpMethod.Post, Maps, body, "application/json")).ShouldSucceed(HttpStatusCode.Created)["data"]!["a"]!.GetValue<string>().ShouldBe("x\uFFFD");
    }

    [Theory]
    [InlineData("merge", "application/merge-patch+json", """{"metadata":{"annotations":{"a":"LONE"}}}""", "")]
    [InlineData("strategic", "application/strategic-merge-patch+json", """{"metadata":{"annotations":{"a":"LONE"}}}""", "")]
    [InlineData("operations", "application/json-patch+json", """[{"op":"add","path":"/metadata/annotations","value":{"a":"LONE"}}]""", "")]
    [InlineData("applied", "application/apply-patch+yaml", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied","annotations":{"a":"LONE"}}}""", "?fieldManager=me")]
    public async Task Patch_WithHalfASurrogatePair_StoresTheReplacementCharacter(string name, string contentType, string patch, string query)
    {
        await gateway.CreateAsync(Maps, $$$"""{"metadata":{"name":"{{{name}}}"}}""");

        var stored = (await SendAsync(HttpMethod.Patch, $"{Maps}/{name}{query}", patch.Replace("LONE", Lone, StringComparison.Ordinal), contentType)).ShouldSucceed();

        stored["metadata"]!["annotations"]!["a"]!.GetValue<string>().ShouldBe("\uFFFD");
    }

    [Fact]
    public async Task UserAgent_ThatIsNotUtf8_IsAnsweredAndNamesTheManager()
    {
        using var client = gateway.CreateClient(gateway.Identity.AdminToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps)
        {
            Content = HttpCalls.Json("""{"metadata":{"name":"agent"},"data":{"a":"b"}}"""),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("User-Agent", "caf\u00e9\u0009/1");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        stored["metadata"]!["name"]!.GetValue<string>().ShouldBe("agent");
    }

    private Task<(HttpResponseMessage Response, JsonNode? Body)> SendAsync(HttpMethod method, string path, string body, string contentType) =>
        SendAsync(method, path, Encoding.UTF8.GetBytes(body), contentType);

    private Task<(HttpResponseMessage Response, JsonNode? Body)> SendAsync(HttpMethod method, string path, byte[] body, string contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return gateway.Admin.CallAsync(method, path, content);
    }
}
