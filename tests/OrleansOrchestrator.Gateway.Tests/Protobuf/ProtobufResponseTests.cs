using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

/// <summary>A client that speaks nothing but protobuf, as typed Go clients do.</summary>
public sealed class ProtobufResponseTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string MediaType = "application/vnd.kubernetes.protobuf";
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Object_CreatedAndRead_IsAnsweredInProtobuf()
    {
        var created = await CreateAsync(MapOf("one"));
        (created["kind"]!.GetValue<string>(), created["metadata"]!["name"]!.GetValue<string>()).ShouldBe(("ConfigMap", "one"));
        (await GetAsync($"{Maps}/one"))["data"]!["key"]!.GetValue<string>().ShouldBe("value");
    }

    [Fact]
    public async Task List_OfObjects_IsAnsweredInProtobuf()
    {
        await CreateAsync(MapOf("listed-1"));
        await CreateAsync(MapOf("listed-2"));
        var list = await GetAsync(Maps);
        list["kind"]!.GetValue<string>().ShouldBe("ConfigMapList");
        list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()).ShouldContain("listed-2");
        list["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldNotBe("0");
        list["items"]![0]!["data"]!["key"]!.GetValue<string>().ShouldBe("value");
    }

    [Fact]
    public async Task Metadata_OfObjects_IsAnsweredInProtobuf()
    {
        await CreateAsync(MapOf("partial"));
        var one = await GetAsync($"{Maps}/partial", MediaType + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
        (one["kind"]!.GetValue<string>(), one["data"]).ShouldBe(("PartialObjectMetadata", null));
        var all = await GetAsync(Maps, MediaType + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
        all["kind"]!.GetValue<string>().ShouldBe("PartialObjectMetadataList");
        all["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()).ShouldContain("partial");
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/configmaps/nowhere", "Status")]
    [InlineData("/api", "APIVersions")]
    [InlineData("/apis", "APIGroupList")]
    [InlineData("/apis/apps/v1", "APIResourceList")]
    public async Task Answer_ThatIsNoObject_IsInProtobufToo(string path, string kind) =>
        (await GetAsync(path, isFailure: kind == "Status"))["kind"]!.GetValue<string>().ShouldBe(kind);

    [Fact]
    public async Task Watch_OfObjects_HasFramesOfProtobuf()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Maps + "?watch=true&resourceVersion=0&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(MediaType + ";stream=watch"));
        await CreateAsync(MapOf("watched"));
        using var response = await gateway.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        response.Content.Headers.ContentType!.ToString().Replace(" ", "", StringComparison.Ordinal).ShouldBe(MediaType + ";stream=watch");
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        var types = new List<string>();
        while (true)
        {
            var (type, obj) = await ReadFrameAsync(stream);
            types.Add(type);
            if (type == "BOOKMARK")
            {
                obj["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>().ShouldBe("true");
                break;
            }

            (obj["kind"]!.GetValue<string>(), type).ShouldBe(("ConfigMap", "ADDED"));
        }

        types.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Body_ThatIsNoProtobuf_IsABadRequest()
    {
        using var content = new ByteArrayContent([.. "k8s\0"u8, 0x0A, 0xFF]);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, content)).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Fact]
    public async Task Table_OfWhatHasNone_IsNotAcceptable()
    {
        var review = HttpCalls.Json("""{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"nonResourceAttributes":{"path":"/","verb":"get"}}}""");
        (await gateway.Admin.CallAsync(HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")))
            .ShouldFail(HttpStatusCode.NotAcceptable, "NotAcceptable");
    }

    [Theory]
    [InlineData(Maps, "PartialObjectMetadata", "you requested PartialObjectMetadata, but the requested object is a list (*v1.ConfigMapList)")]
    [InlineData(Maps + "/any", "PartialObjectMetadataList", "you requested PartialObjectMetadataList, but the requested object is not a list (*v1.ConfigMap)")]
    public async Task Metadata_OfTheOtherSort_IsNotAcceptable(string path, string view, string message)
    {
        var answer = await gateway.Admin.GetJsonAsync(path, ("Accept", $"application/json;as={view};v=v1;g=meta.k8s.io"));
        answer.ShouldFail(HttpStatusCode.NotAcceptable, "NotAcceptable");
        answer.Body!["message"]!.GetValue<string>().ShouldBe(message);
    }

    private static JsonObject MapOf(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["data"] = new JsonObject { ["key"] = "value" },
    };

    private async Task<JsonNode> CreateAsync(JsonObject obj)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(MediaType));
        request.Content = new ByteArrayContent(ProtobufEncoder.FromJson(System.Text.Encoding.UTF8.GetBytes(obj.ToJsonString())));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        using var response = await gateway.Admin.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        return await ReadAsync(response);
    }

    private async Task<JsonNode> GetAsync(string path, string accept = MediaType, bool isFailure = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await gateway.Admin.SendAsync(request, Cancellation);
        response.IsSuccessStatusCode.ShouldBe(!isFailure);
        return await ReadAsync(response);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType!.MediaType.ShouldBe(MediaType);
        return JsonNode.Parse(ProtobufConverter.ToJson(await response.Content.ReadAsByteArrayAsync(Cancellation)).Span)!;
    }

    /// <summary>Reads a WatchEvent: its type is 1, its object 2, and of that the bytes are 1.</summary>
    private static async Task<(string Type, JsonNode Object)> ReadFrameAsync(Stream stream)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, Cancellation);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(frame, Cancellation);
        return Parse(frame);
    }

    private static (string Type, JsonNode Object) Parse(byte[] frame)
    {
        var reader = new WireReader(frame);
        reader.TryReadTag().ShouldBeTrue();
        var type = ProtobufScalars.ReadText(reader.ReadBytes());
        reader.TryReadTag().ShouldBeTrue();
        var inner = new WireReader(reader.ReadBytes());
        inner.TryReadTag().ShouldBeTrue();
        return (type, JsonNode.Parse(ProtobufConverter.ToJson(inner.ReadBytes()).Span)!);
    }
}
