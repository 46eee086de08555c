using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.ServiceAccounts;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.ServiceAccounts;

public sealed class ServiceAccountTokenTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Accounts = "/api/v1/namespaces/default/serviceaccounts";
    private const string Reviews = "/apis/authentication.k8s.io/v1/tokenreviews";

    [Fact]
    public async Task Token_OfAccount_IsThatAccount()
    {
        var request = await TokenAsync(await NewAccountAsync(), "{}");
        request["kind"]!.GetValue<string>().ShouldBe("TokenRequest");
        request["spec"]!["expirationSeconds"]!.GetValue<int>().ShouldBe(3600);
        request["status"]!["expirationTimestamp"].ShouldNotBeNull();

        using var client = gateway.CreateClient(TokenOf(request));
        var user = (await client.CallAsync(HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", HttpCalls.Json("{}")))
            .ShouldSucceed(HttpStatusCode.Created)["status"]!["userInfo"]!;
        user["username"]!.GetValue<string>().ShouldStartWith("system:serviceaccount:default:");
        user["groups"]!.AsArray().Select(group => group!.GetValue<string>())
            .ShouldBe(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);
        (await client.GetJsonAsync("/api/v1/namespaces/default/pods")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Fact]
    public async Task Token_OfAccount_HasTheClaimsThatClientsRead()
    {
        var name = await NewAccountAsync();
        var token = TokenOf(await TokenAsync(name, "{\"spec\":{\"audiences\":[\"vault\"],\"expirationSeconds\":600}}"));
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        claims["aud"]!.ToJsonString().ShouldBe("[\"vault\"]");
        claims["sub"]!.GetValue<string>().ShouldBe($"system:serviceaccount:default:{name}");
        claims["kubernetes.io"]!["namespace"]!.GetValue<string>().ShouldBe("default");
        claims["kubernetes.io"]!["serviceaccount"]!["name"]!.GetValue<string>().ShouldBe(name);
        (claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()).ShouldBe(600);
    }

    [Fact]
    public async Task Token_ForOthers_IsNoneForTheApiButIsReviewedForThem()
    {
        var token = TokenOf(await TokenAsync(await NewAccountAsync(), "{\"spec\":{\"audiences\":[\"vault\",\"other\"]}}"));
        using var client = gateway.CreateClient(token);
        (await client.GetJsonAsync("/apis")).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");

        (await ReviewAsync(token, "\"vault\",\"third\""))["audiences"]!.ToJsonString().ShouldBe("[\"vault\"]");
        (await ReviewAsync(token, "\"third\""))["authenticated"].ShouldBeNull();
    }

    [Fact]
    public async Task Token_OfDeletedAccount_IsRefused()
    {
        var name = await NewAccountAsync();
        var token = TokenOf(await TokenAsync(name, "{}"));
        (await gateway.Admin.DeleteAsync($"{Accounts}/{name}", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await gateway.CreateAsync(Accounts, $"{{\"metadata\":{{\"name\":\"{name}\"}}}}");

        using var client = gateway.CreateClient(token);
        (await client.GetJsonAsync("/apis")).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Fact]
    public async Task Token_BoundToSecret_GoesWithIt()
    {
        var secret = $"s-{Guid.NewGuid():N}";
        await gateway.CreateAsync("/api/v1/namespaces/default/secrets", $"{{\"metadata\":{{\"name\":\"{secret}\"}}}}");
        var token = TokenOf(await TokenAsync(await NewAccountAsync(), $"{{\"spec\":{{\"boundObjectRef\":{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"name\":\"{secret}\"}}}}}}"));
        using var client = gateway.CreateClient(token);
        (await client.GetJsonAsync("/apis")).ShouldSucceed();

        await gateway.Admin.DeleteAsync($"/api/v1/namespaces/default/secrets/{secret}", TestContext.Current.CancellationToken);
        (await client.GetJsonAsync("/apis")).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(90, false)]
    public async Task Token_OfAnAccountThatAFinalizerKeeps_IsGoodForAMinuteAfterItsDeletion(int seconds, bool isGood)
    {
        var name = await NewAccountAsync("\"finalizers\":[\"example.com/hold\"],");
        var (registry, objects) = (gateway.Registry, gateway.Objects);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds));
        var key = new ObjectKey("default", name);
        var account = await objects.GetAsync(registry[WellKnownResources.ServiceAccounts], key, Freshness.Latest, TestContext.Current.CancellationToken);
        var bindings = new TokenBindings(objects, registry, time);
        var binding = await bindings.BindAsync(account, null, TestContext.Current.CancellationToken);
        (await bindings.IsGoodAsync(binding, TestContext.Current.CancellationToken)).ShouldBeTrue();

        await gateway.Admin.DeleteAsync($"{Accounts}/{name}", TestContext.Current.CancellationToken);
        (await bindings.IsGoodAsync(binding, TestContext.Current.CancellationToken)).ShouldBe(isGood);
    }

    [Theory]
    [InlineData("{\"spec\":{\"expirationSeconds\":599}}", HttpStatusCode.UnprocessableEntity, "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes")]
    [InlineData("{\"spec\":{\"boundObjectRef\":{\"kind\":\"ConfigMap\",\"name\":\"x\"}}}", HttpStatusCode.BadRequest, "Kind=ConfigMap")]
    [InlineData("{\"spec\":{\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"missing\"}}}", HttpStatusCode.NotFound, "pods \"missing\" not found")]
    [InlineData("{\"metadata\":{\"name\":\"other\"}}", HttpStatusCode.BadRequest, "does not match the name on the URL")]
    public async Task Request_ThatMakesNoSense_IsRefused(string body, HttpStatusCode code, string text)
    {
        var answer = await gateway.Admin.CallAsync(HttpMethod.Post, $"{Accounts}/{await NewAccountAsync()}/token", HttpCalls.Json(body));
        answer.Response.StatusCode.ShouldBe(code);
        answer.Body!["message"]!.GetValue<string>().ShouldContain(text);
    }

    [Fact]
    public async Task Request_OfMissingAccount_IsNotFound() =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, $"{Accounts}/missing/token", HttpCalls.Json("{}"))).ShouldFail(HttpStatusCode.NotFound, "NotFound");

    [Fact]
    public async Task Token_ChangedOrForeign_IsRefused()
    {
        var token = TokenOf(await TokenAsync(await NewAccountAsync(), "{}"));
        var parts = token.Split('.');
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("default", "kube-system", StringComparison.Ordinal);
        var unsigned = Base64Url.EncodeToString("{\"alg\":\"none\"}"u8);
        foreach (var forged in new[] { $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.{parts[2]}", $"{unsigned}.{parts[1]}.", "a.b.c" })
        {
            using var client = gateway.CreateClient(forged);
            (await client.GetJsonAsync("/apis")).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
        }
    }

    [Fact]
    public async Task Token_AfterItsEnd_IsNotRead()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        using var identity = await ClusterIdentity.LoadAsync((_, propose, _) => Task.FromResult(propose()), time, TestContext.Current.CancellationToken);
        using var other = await ClusterIdentity.LoadAsync((_, propose, _) => Task.FromResult(propose()), time, TestContext.Current.CancellationToken);
        var tokens = new ServiceAccountTokens(identity, time);
        var (token, expires) = tokens.Issue(new TokenBinding("ns", new BoundObject("a", "1")), ["x"], TimeSpan.FromMinutes(10));

        (await tokens.ReadAsync(token)).ShouldNotBeNull().Binding.Account.ShouldBe(new BoundObject("a", "1"));
        (await new ServiceAccountTokens(other, time).ReadAsync(token)).ShouldBeNull("another cluster signed it");
        time.SetUtcNow(expires);
        (await tokens.ReadAsync(token)).ShouldBeNull();
    }

    private static string TokenOf(JsonNode request) => request["status"]!["token"]!.GetValue<string>();

    private async Task<string> NewAccountAsync(string metadata = "")
    {
        var name = $"a-{Guid.NewGuid():N}";
        await gateway.CreateAsync(Accounts, $"{{\"metadata\":{{{metadata}\"name\":\"{name}\"}}}}");
        return name;
    }

    private async Task<JsonNode> TokenAsync(string account, string body) =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, $"{Accounts}/{account}/token", HttpCalls.Json(body))).ShouldSucceed(HttpStatusCode.Created);

    private async Task<JsonNode> ReviewAsync(string token, string audiences) =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, Reviews, HttpCalls.Json($"{{\"spec\":{{\"token\":\"{token}\",\"audiences\":[{audiences}]}}}}")))
            .ShouldSucceed(HttpStatusCode.Created)["status"]!;
}
