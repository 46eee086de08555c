using System.Net;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Faults;

/// <summary>What users get wrong, and what they are told.</summary>
public sealed class BadObjectTests(HollowCluster hollow) : HollowTest(hollow)
{
    private const int TooLargeBytes = 4 * 1024 * 1024;

    [Fact]
    public async Task Apply_UnknownKind_SaysThatNothingMatches()
    {
        var result = await Kubectl.TryWithInputAsync("{apiVersion: v1, kind: Frob, metadata: {name: a}}", "apply", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("no matches for kind \"Frob\" in version \"v1\"");
    }

    [Fact]
    public async Task Apply_BadName_NamesTheRule()
    {
        var result = await Kubectl.TryWithInputAsync(Manifests.ConfigMap("Not_A_Name", "1"), "apply", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("metadata.name: Invalid value: \"Not_A_Name\": a lowercase RFC 1123 subdomain must consist of");
    }

    [Fact]
    public async Task Apply_SelectorThatMissesItsTemplate_IsInvalid()
    {
        var manifest = Manifests.ReplicationController("web", 1).Replace("selector: {app: web}", "selector: {app: other}", StringComparison.Ordinal);

        var result = await Kubectl.TryWithInputAsync(manifest, "apply", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("spec.template.metadata.labels: Invalid value");
        result.Errors.ShouldContain("`selector` does not match template `labels`");
    }

    [Fact]
    public async Task Apply_SeveralFaults_NamesEach()
    {
        var manifest = Manifests.ReplicationController("web", -1).Replace("image: registry.invalid/main:1", "image: ''", StringComparison.Ordinal);

        var result = await Kubectl.TryWithInputAsync(manifest, "apply", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("spec.replicas: Invalid value: -1: must be greater than or equal to 0");
        result.Errors.ShouldContain("spec.template.spec.containers[0].image: Required value");
    }

    [Fact]
    public async Task Apply_UnknownField_IsRefusedStrictly()
    {
        var manifest = Manifests.ConfigMap("a", "1") + "\nbogus: true\n";

        var result = await Kubectl.TryWithInputAsync(manifest, "apply", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("strict decoding error: unknown field \"bogus\"");
    }

    [Fact]
    public async Task Scale_ToANegativeNumber_IsInvalid()
    {
        await ApplyAsync(Manifests.ReplicationController("web", 0));

        var answer = await Api.SendAsync(
            HttpMethod.Patch, $"{Space}/replicationcontrollers/web/scale", """{"spec":{"replicas":-1}}""", "application/merge-patch+json");

        answer.Code.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.Reason.ShouldBe("Invalid");
        answer.Message.ShouldContain("spec.replicas: Invalid value: -1");
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap",""", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData("", "application/json")]
    [InlineData("a: [b", "application/yaml")]
    public async Task Create_MalformedBody_IsABadRequest(string body, string contentType)
    {
        var answer = await Api.SendAsync(HttpMethod.Post, $"{Space}/configmaps", body, contentType);

        answer.Code.ShouldBe(HttpStatusCode.BadRequest);
        answer.Reason.ShouldBe("BadRequest");
        await ShouldLiveOnAsync();
    }

    [Fact]
    public async Task Create_UnknownContentType_IsUnsupported()
    {
        var answer = await Api.SendAsync(HttpMethod.Post, $"{Space}/configmaps", "<a/>", "application/xml");

        answer.Code.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Create_BodyOverTheLimit_IsTooLarge()
    {
        var value = new string('x', TooLargeBytes);

        var answer = await Api.SendAsync(
            HttpMethod.Post, $"{Space}/configmaps", $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"key":"{{{value}}}"}}""");

        answer.Code.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.Reason.ShouldBe("RequestEntityTooLarge");
        await ShouldLiveOnAsync();
    }

    [Fact]
    public async Task Create_DeeplyNestedJson_IsABadRequest()
    {
        var nested = string.Concat(Enumerable.Repeat("""{"a":""", 5000)) + "1" + new string('}', 5000);

        var answer = await Api.SendAsync(HttpMethod.Post, $"{Space}/configmaps", nested);

        answer.Code.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldLiveOnAsync();
    }

    [Fact]
    public async Task Get_UnknownPath_IsNotFoundWithStatus()
    {
        var answer = await Api.SendAsync(HttpMethod.Get, $"{Space}/frobs");

        answer.Code.ShouldBe(HttpStatusCode.NotFound);
        ((string)answer.Json["kind"]!).ShouldBe("Status");
        answer.Reason.ShouldBe("NotFound");
    }

    [Fact]
    public async Task Get_WrongToken_IsUnauthorized()
    {
        var answer = await Api.SendAsync(HttpMethod.Get, $"{Space}/pods", token: "wrong");

        answer.Code.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Reason.ShouldBe("Unauthorized");
        answer.Message.ShouldBe("Unauthorized");
    }

    [Theory]
    [InlineData("labelSelector=a%20b%20c")]
    [InlineData("fieldSelector=spec.unknown%3Da")]
    [InlineData("limit=many")]
    [InlineData("resourceVersion=abc")]
    [InlineData("continue=garbage")]
    public async Task List_BadParameter_IsABadRequest(string query)
    {
        var answer = await Api.SendAsync(HttpMethod.Get, $"{Space}/pods?{query}");

        ((int)answer.Code).ShouldBeOneOf(400, 422);
        ((string)answer.Json["kind"]!).ShouldBe("Status");
        await ShouldLiveOnAsync();
    }

    [Fact]
    public async Task Create_InMissingNamespace_IsNotFound()
    {
        var result = await Kubectl.TryAsync("create", "configmap", "a", "-n", "no-such-namespace");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("namespaces \"no-such-namespace\" not found");
    }

    private async Task ShouldLiveOnAsync()
    {
        await RunAsync("create", "configmap", "alive", "--dry-run=server");
        Cluster.Member.HasEnded.ShouldBeFalse();
    }
}
