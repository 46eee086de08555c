using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Reviews;

public sealed class ReviewTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Authentication = "/apis/authentication.k8s.io/v1";
    private const string Authorization = "/apis/authorization.k8s.io/v1";

    [Fact]
    public async Task SelfSubjectReview_OfUser_TellsNameAndGroups()
    {
        using var jane = Jane();
        var user = (await PostAsync(jane, $"{Authentication}/selfsubjectreviews", "{}")).ShouldSucceed(HttpStatusCode.Created)["status"]!["userInfo"]!;
        user["username"]!.GetValue<string>().ShouldBe("jane");
        user["groups"]!.AsArray().Select(group => group!.GetValue<string>()).ShouldBe(["dev", "system:authenticated"]);
    }

    [Theory]
    [InlineData("{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\",\"namespace\":\"default\"}}", false)]
    [InlineData("{\"resourceAttributes\":{\"verb\":\"create\",\"group\":\"authorization.k8s.io\",\"resource\":\"selfsubjectaccessreviews\"}}", true)]
    [InlineData("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/livez\"}}", true)]
    [InlineData("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/livez/ping\"}}", false)]
    [InlineData("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/apis/apps\"}}", true)]
    [InlineData("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/apisx\"}}", false)]
    [InlineData("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/metrics\"}}", false)]
    public async Task SelfSubjectAccessReview_OfUser_IsAsTheRequestWouldBe(string spec, bool allowed)
    {
        using var jane = Jane();
        (await ReviewAsync(jane, "selfsubjectaccessreviews", spec))["status"]!["allowed"]!.GetValue<bool>().ShouldBe(allowed);
        (await ReviewAsync(gateway.Admin, "selfsubjectaccessreviews", spec))["status"]!["allowed"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task SubjectAccessReview_OfOthers_IsForTheAdministrator()
    {
        const string Question = "\"resourceAttributes\":{\"verb\":\"get\",\"resource\":\"pods\",\"namespace\":\"ns\"}";
        (await ReviewAsync(gateway.Admin, "subjectaccessreviews", $"{{\"user\":\"jane\",{Question}}}"))["status"]!["allowed"]!.GetValue<bool>().ShouldBeFalse();
        (await ReviewAsync(gateway.Admin, "subjectaccessreviews", $"{{\"groups\":[\"system:masters\"],{Question}}}"))["status"]!["allowed"]!.GetValue<bool>().ShouldBeTrue();
        (await ReviewAsync(gateway.Admin, "namespaces/ns/localsubjectaccessreviews", $"{{\"user\":\"jane\",{Question}}}"))["metadata"]!["namespace"]!.GetValue<string>().ShouldBe("ns");

        using var jane = Jane();
        (await PostAsync(jane, $"{Authorization}/subjectaccessreviews", $"{{\"spec\":{{\"user\":\"jane\",{Question}}}}}")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Theory]
    [InlineData("selfsubjectaccessreviews", "{}", "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")]
    [InlineData("selfsubjectaccessreviews", "{\"resourceAttributes\":{\"labelSelector\":{}}}",
        "spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required")]
    [InlineData("subjectaccessreviews", "{\"resourceAttributes\":{}}", "spec.user: Invalid value: \"\": at least one of user or group must be specified")]
    [InlineData("subjectaccessreviews", "{\"user\":\"a\",\"resourceAttributes\":{},\"nonResourceAttributes\":{\"path\":\"/\"}}",
        "spec.nonResourceAttributes: Invalid value: {\"path\":\"/\"}: cannot be specified in combination with resourceAttributes")]
    [InlineData("namespaces/ns/localsubjectaccessreviews", "{\"user\":\"a\",\"resourceAttributes\":{\"namespace\":\"other\"}}",
        "spec.resourceAttributes.namespace: Invalid value: \"other\": must match metadata.namespace")]
    [InlineData("namespaces/ns/localsubjectaccessreviews", "{\"user\":\"a\",\"nonResourceAttributes\":{\"path\":\"/\"}}",
        "spec.nonResourceAttributes: Invalid value: {\"path\":\"/\"}: disallowed on this kind of request")]
    public async Task Review_WithFaults_TellsThem(string resource, string spec, string fault) =>
        (await PostAsync(gateway.Admin, $"{Authorization}/{resource}", $"{{\"spec\":{spec}}}")).ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid").ShouldEndWith(fault);

    [Fact]
    public async Task Review_WithName_IsRefused() =>
        (await PostAsync(gateway.Admin, $"{Authorization}/selfsubjectaccessreviews", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"resourceAttributes\":{}}}"))
            .ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid")
            .ShouldBe("SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: metadata: Invalid value: {\"name\":\"a\"}: must be empty");

    [Fact]
    public async Task SelfSubjectRulesReview_OfUsers_ListsWhatTheyMay()
    {
        var all = (await ReviewAsync(gateway.Admin, "selfsubjectrulesreviews", "{\"namespace\":\"default\"}"))["status"]!;
        all["incomplete"]!.GetValue<bool>().ShouldBeFalse();
        all["resourceRules"]![0]!["resources"]![0]!.GetValue<string>().ShouldBe("*");

        using var jane = Jane();
        var few = (await ReviewAsync(jane, "selfsubjectrulesreviews", "{\"namespace\":\"default\"}"))["status"]!;
        few["resourceRules"]!.AsArray().Select(rule => rule!["resources"]![0]!.GetValue<string>())
            .ShouldBe(["selfsubjectaccessreviews", "selfsubjectreviews"]);
        (await PostAsync(jane, $"{Authorization}/selfsubjectrulesreviews", "{\"spec\":{}}")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest").ShouldBe("no namespace on request");
    }

    [Fact]
    public async Task TokenReview_OfToken_TellsWhoseItIs()
    {
        var known = await TokenAsync($"{{\"token\":\"{gateway.Identity.AdminToken}\"}}");
        known["authenticated"]!.GetValue<bool>().ShouldBeTrue();
        known["user"]!["username"]!.GetValue<string>().ShouldBe("kubernetes-admin");
        known["audiences"]![0]!.GetValue<string>().ShouldBe("https://kubernetes.default.svc.cluster.local");

        (await TokenAsync("{\"token\":\"wrong\"}"))["authenticated"].ShouldBeNull();
        (await TokenAsync($"{{\"token\":\"{gateway.Identity.AdminToken}\",\"audiences\":[\"vault\"]}}"))["error"]!.GetValue<string>().ShouldContain("\"vault\"");
        (await PostAsync(gateway.Admin, $"{Authentication}/tokenreviews", "{\"spec\":{}}")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Theory]
    [InlineData("GET", "/selfsubjectaccessreviews", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/selfsubjectaccessreviews/a", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/localsubjectaccessreviews", HttpStatusCode.NotFound)]
    [InlineData("POST", "/namespaces/ns/subjectaccessreviews", HttpStatusCode.NotFound)]
    [InlineData("POST", "/others", HttpStatusCode.NotFound)]
    public async Task Review_OtherThanPosted_IsRefused(string method, string path, HttpStatusCode code) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), Authorization + path, method == "POST" ? HttpCalls.Json("{}") : null)).Response.StatusCode.ShouldBe(code);

    [Fact]
    public async Task Review_OfOtherKind_IsBadRequest() =>
        (await PostAsync(gateway.Admin, $"{Authorization}/selfsubjectaccessreviews", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");

    [Fact]
    public async Task Discovery_OfReviews_OffersCreateOnly()
    {
        using var jane = Jane();
        var resources = (await jane.GetJsonAsync(Authorization)).ShouldSucceed()["resources"]!.AsArray();
        resources.Select(resource => resource!["name"]!.GetValue<string>())
            .ShouldBe(["localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"]);
        resources.ShouldAllBe(resource => resource!["verbs"]!.AsArray().Count == 1 && resource["verbs"]![0]!.GetValue<string>() == "create");
    }

    private HttpClient Jane() => gateway.CreateClient(
        certificate: gateway.Identity.Authority.IssueClientCertificate("jane", ["dev"], TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1)));

    private static Task<(HttpResponseMessage Response, JsonNode? Body)> PostAsync(HttpClient client, string path, string json) =>
        client.CallAsync(HttpMethod.Post, path, HttpCalls.Json(json));

    private static async Task<JsonNode> ReviewAsync(HttpClient client, string resource, string spec) =>
        (await PostAsync(client, $"{Authorization}/{resource}", $"{{\"spec\":{spec}}}")).ShouldSucceed(HttpStatusCode.Created);

    private async Task<JsonNode> TokenAsync(string spec) =>
        (await PostAsync(gateway.Admin, $"{Authentication}/tokenreviews", $"{{\"spec\":{spec}}}")).ShouldSucceed(HttpStatusCode.Created)["status"]!;
}
