using System.IO.Compression;
using System.Net;
using System.Text;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

public sealed class ResourceTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Create_OfObject_AnswersItWithRevision()
    {
        var created = (await PostAsync(Maps, Map("created"))).ShouldSucceed(HttpStatusCode.Created);
        created["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldNotBeEmpty();
        created["metadata"]!["namespace"]!.GetValue<string>().ShouldBe("default");
        (await PostAsync(Maps, Map("created"))).ShouldFail(HttpStatusCode.Conflict, "AlreadyExists");
    }

    [Fact]
    public async Task Create_OfYaml_IsReadAndAnsweredAsYaml()
    {
        var answer = await gateway.Admin.CallAsync(HttpMethod.Post, Maps,
            new StringContent("metadata:\n  name: from-yaml\ndata:\n  a: \"1\"\n", Encoding.UTF8, "application/yaml"), ("Accept", "application/yaml"));
        answer.Response.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/yaml");
        var text = await answer.Response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("name: from-yaml");
        text.ShouldContain("a: \"1\"");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Create_OfAnyEncoding_IsReadAsItComes(string encoding)
    {
        var plain = HttpCalls.Json(Map($"plain-{encoding}"));
        plain.Headers.ContentEncoding.Add(encoding);
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, plain)).ShouldSucceed(HttpStatusCode.Created);

        var zipped = Content(Gzip(Encoding.UTF8.GetBytes(Map("zipped"))));
        zipped.Headers.ContentEncoding.Add(encoding);
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, zipped)).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task List_OfALongSelector_IsServed(string version)
    {
        var names = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"name-{i:D6}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Maps}?labelSelector=name%20in%20({names})")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Create_OfMoreThanTheLimit_IsTooLargeHoweverItIsSent()
    {
        var large = Encoding.UTF8.GetBytes($$$"""{"data":{"a":"{{{new string('x', gateway.Options.RequestBodyBytesMax)}}}"}}""");
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, Content(large))).ShouldFail(HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge");
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, new StreamContent(new Unsized(large)) { Headers = { ContentType = new("application/json") } }))
            .ShouldFail(HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge");
    }

    [Theory]
    [InlineData("{", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData("", "application/json")]
    [InlineData("a: [", "application/yaml")]
    [InlineData("rubbish", "application/vnd.kubernetes.protobuf")]
    public async Task Create_OfMalformedBody_IsBadRequest(string body, string type) =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, new StringContent(body, Encoding.UTF8, type))).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");

    [Fact]
    public async Task Create_OfDeepBody_IsBadRequest()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200);
        (await PostAsync(Maps, deep)).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Fact]
    public async Task Create_OfUnknownMediaType_IsUnsupported() =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded")))
            .ShouldFail(HttpStatusCode.UnsupportedMediaType, "UnsupportedMediaType").ShouldContain("application/json");

    [Theory]
    [InlineData("POST", Maps + "?dryRun=Some", "dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"")]
    [InlineData("POST", Maps + "?fieldValidation=Hard", "fieldValidation: Unsupported value: \"Hard\"")]
    [InlineData("DELETE", Maps + "/x?propagationPolicy=Sideways", "propagationPolicy: Unsupported value: \"Sideways\"")]
    [InlineData("DELETE", Maps + "/x?propagationPolicy=", "propagationPolicy: Unsupported value: \"\"")]
    [InlineData("DELETE", Maps + "/x?dryRun=All&dryRun=", "dryRun: Unsupported value: [\"All\",\"\"]")]
    public async Task Write_WithBadOption_IsInvalid(string method, string path, string expected) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), path)).ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid").ShouldContain(expected);

    [Fact]
    public async Task Create_WithOptions_PassesThemOn()
    {
        await PostAsync(Maps + "?dryRun=All&fieldManager=me&fieldValidation=Strict", Map("dry"));
        var options = gateway.Objects.LastWrite!;
        options.DryRun.ShouldBeTrue();
        options.FieldManager.ShouldBe("me");
        options.FieldValidation.ShouldBe(FieldValidation.Strict);
        options.User.Name.ShouldBe("kubernetes-admin");
        (await gateway.Admin.GetJsonAsync(Maps + "/dry")).ShouldFail(HttpStatusCode.NotFound, "NotFound");
    }

    [Fact]
    public async Task Create_WithWarnings_SendsThemQuoted()
    {
        var answer = await PostAsync(Maps, """{"metadata":{"name":"warned","annotations":{"warn":"mind \"this\" \\ ä\nline"}}}""");
        answer.ShouldSucceed(HttpStatusCode.Created);
        answer.Response.Headers.GetValues("Warning").Single().ShouldBe("299 - \"mind \\\"this\\\" \\\\ ä line\"");
    }

    [Fact]
    public async Task Update_OfStaleObject_IsConflict()
    {
        await gateway.CreateAsync(Maps, Map("stale"));
        (await gateway.Admin.CallAsync(HttpMethod.Put, Maps + "/stale", HttpCalls.Json("""{"metadata":{"name":"stale","resourceVersion":"1"}}""")))
            .ShouldFail(HttpStatusCode.Conflict, "Conflict");
    }

    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/strategic-merge-patch+json")]
    [InlineData("application/merge-patch+json; charset=utf-8")]
    public async Task Patch_OfKnownType_IsApplied(string type)
    {
        var name = $"patched-{type.Length}";
        await gateway.CreateAsync(Maps, Map(name));
        var content = new StringContent("""{"data":{"b":"2"}}""");
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        (await gateway.Admin.CallAsync(HttpMethod.Patch, $"{Maps}/{name}", content)).ShouldSucceed()["data"]!["b"]!.GetValue<string>().ShouldBe("2");
    }

    [Theory]
    [InlineData("application/json", "application/json-patch+json")]
    [InlineData("application/json", "application/apply-patch+yaml")]
    public async Task Patch_OfOtherType_IsUnsupported(string type, string expected) =>
        (await gateway.Admin.CallAsync(HttpMethod.Patch, Maps + "/x", new StringContent("{}", Encoding.UTF8, type)))
            .ShouldFail(HttpStatusCode.UnsupportedMediaType, "UnsupportedMediaType").ShouldContain(expected);

    [Fact]
    public async Task Delete_OfObject_AnswersSuccessWithItsUid()
    {
        await gateway.CreateAsync(Maps, Map("deleted"));
        var body = (await gateway.Admin.CallAsync(HttpMethod.Delete, Maps + "/deleted",
            HttpCalls.Json("""{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground","preconditions":{"uid":"u"}}"""))).ShouldSucceed();
        body["status"]!.GetValue<string>().ShouldBe("Success");
        body["details"]!["name"]!.GetValue<string>().ShouldBe("deleted");
        body["details"]!["kind"]!.GetValue<string>().ShouldBe("configmaps");
        gateway.Objects.LastDeletion.ShouldBe(new DeletionOptions { GracePeriodSeconds = 0, Propagation = DeletionPropagation.Foreground, Uid = "u" });
    }

    [Fact]
    public async Task Delete_WithQueryOptions_PassesThemOn()
    {
        await gateway.CreateAsync(Maps, Map("deleted-by-query"));
        (await gateway.Admin.CallAsync(HttpMethod.Delete, Maps + "/deleted-by-query?gracePeriodSeconds=5&orphanDependents=true")).ShouldSucceed();
        gateway.Objects.LastDeletion.ShouldBe(new DeletionOptions { GracePeriodSeconds = 5, Propagation = DeletionPropagation.Orphan });
    }

    [Fact]
    public async Task Delete_OfAJobThatDoesNotSayWhatBecomesOfItsPods_IsWarnedOf()
    {
        const string jobs = "/apis/batch/v1/namespaces/default/jobs";
        await gateway.CreateAsync(jobs, """{"metadata":{"name":"unsaid"}}""");
        await gateway.CreateAsync(jobs, """{"metadata":{"name":"said"}}""");

        using var unsaid = await gateway.Admin.DeleteAsync(jobs + "/unsaid", TestContext.Current.CancellationToken);
        using var said = await gateway.Admin.DeleteAsync(jobs + "/said?propagationPolicy=Background", TestContext.Current.CancellationToken);

        unsaid.Headers.GetValues("Warning").ShouldHaveSingleItem().ShouldContain("child pods are preserved by default when jobs are deleted");
        said.Headers.Contains("Warning").ShouldBeFalse();
    }

    [Fact]
    public async Task Delete_OfHeldObject_AnswersTheMarkedObject()
    {
        await gateway.CreateAsync(Maps, """{"metadata":{"name":"held","finalizers":["example.com/hold"]}}""");
        var body = (await gateway.Admin.CallAsync(HttpMethod.Delete, Maps + "/held?propagationPolicy=Foreground")).ShouldSucceed(HttpStatusCode.Accepted);
        body["metadata"]!["deletionTimestamp"].ShouldNotBeNull();
    }

    [Fact]
    public async Task DeleteCollection_OfSelection_AnswersWhatItDeleted()
    {
        await gateway.CreateAsync("/api/v1/namespaces/bulk/configmaps", """{"metadata":{"name":"a","labels":{"x":"1"}}}""");
        await gateway.CreateAsync("/api/v1/namespaces/bulk/configmaps", """{"metadata":{"name":"b"}}""");
        var body = (await gateway.Admin.CallAsync(HttpMethod.Delete, "/api/v1/namespaces/bulk/configmaps?labelSelector=x%3D1")).ShouldSucceed();
        body["items"]!.AsArray().Count.ShouldBe(1);
        (await gateway.Admin.GetJsonAsync("/api/v1/namespaces/bulk/configmaps")).ShouldSucceed()["items"]!.AsArray().Single()!["metadata"]!["name"]!.GetValue<string>().ShouldBe("b");
    }

    [Theory]
    [InlineData("GET", "/api/v1/widgets", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", "/apis/nowhere/v1", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", "/api/v1/configmaps/x", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", "/api/v1/namespaces/default/nodes", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", Maps + "/x/status", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("GET", Maps + "/x/nothing/at/all", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("POST", "/api/v1/configmaps", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("DELETE", "/api/v1/configmaps", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("PUT", Maps, HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("POST", Maps + "/x", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("OPTIONS", Maps, HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    [InlineData("POST", "/version", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed")]
    public async Task Request_ThatIsNotServed_SaysSo(string method, string path, HttpStatusCode code, string reason) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), path)).ShouldFail(code, reason);

    [Fact]
    public async Task Head_OfObject_HasNoBody()
    {
        await gateway.CreateAsync(Maps, Map("headed"));
        var answer = await gateway.Admin.CallAsync(HttpMethod.Head, Maps + "/headed");
        answer.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Body.ShouldBeNull();
    }

    [Fact]
    public async Task Request_WithAuditId_GetsItBack()
    {
        (await gateway.Admin.GetJsonAsync("/version", ("Audit-Id", "mine"))).Response.Headers.GetValues("Audit-Id").ShouldBe(["mine"]);
        Guid.TryParse((await gateway.Admin.GetJsonAsync("/version")).Response.Headers.GetValues("Audit-Id").Single(), out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Create_OfUnacceptableAnswer_CreatesNothing()
    {
        (await gateway.Admin.CallAsync(HttpMethod.Post, Maps, HttpCalls.Json(Map("unacceptable")), ("Accept", "text/plain")))
            .ShouldFail(HttpStatusCode.NotAcceptable, "NotAcceptable");
        (await gateway.Admin.GetJsonAsync(Maps + "/unacceptable")).ShouldFail(HttpStatusCode.NotFound, "NotFound");
    }

    private Task<(HttpResponseMessage Response, System.Text.Json.Nodes.JsonNode? Body)> PostAsync(string path, string json) =>
        gateway.Admin.CallAsync(HttpMethod.Post, path, HttpCalls.Json(json));

    private static string Map(string name) => $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"a":"1"}}""";

    private static ByteArrayContent Content(byte[] bytes) => new(bytes) { Headers = { ContentType = new("application/json") } };

    private static byte[] Gzip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var zip = new GZipStream(target, CompressionLevel.Fastest))
            zip.Write(bytes);
        return target.ToArray();
    }

    /// <summary>A stream whose length nobody can know, so that it is sent without a Content-Length.</summary>
    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
