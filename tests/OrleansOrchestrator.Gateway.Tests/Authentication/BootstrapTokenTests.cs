using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Authentication;

/// <summary>Machines that join the cluster log in by a token in a Secret.</summary>
public sealed class BootstrapTokenTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Secrets = "/api/v1/namespaces/kube-system/secrets";
    private const string Reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    private const string JoiningNodes = "system:bootstrappers:kubeadm:default-node-token";
    private const string Requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

    [Fact]
    public async Task Token_OfASecret_IsAMachineThatMayAskForACertificateAndNothingElse()
    {
        using var client = gateway.CreateClient(await NewTokenAsync(("auth-extra-groups", $"{JoiningNodes},system:bootstrappers:workers")));

        var user = (await client.CallAsync(HttpMethod.Post, Reviews, HttpCalls.Json("{}"))).ShouldSucceed(HttpStatusCode.Created)["status"]!["userInfo"]!;

        user["username"]!.GetValue<string>().ShouldStartWith("system:bootstrap:");
        user["groups"]!.AsArray().Select(group => group!.GetValue<string>()).ShouldBe(["system:bootstrappers", JoiningNodes, "system:bootstrappers:workers", "system:authenticated"]);
        (await client.GetJsonAsync(Requests)).ShouldSucceed();
        (await client.GetJsonAsync(Secrets)).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
        (await client.GetJsonAsync("/api/v1/nodes")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Theory]
    [InlineData("token-secret", "ffffffffffffffff")]
    [InlineData("token-id", "ffffff")]
    [InlineData("usage-bootstrap-authentication", "false")]
    [InlineData("expiration", "2020-01-01T00:00:00Z")]
    [InlineData("expiration", "tomorrow")]
    [InlineData("expiration", "2999-01-01")]
    [InlineData("expiration", "2999-01-01T00:00:00")]
    [InlineData("expiration", "2999-01-01 00:00:00Z")]
    [InlineData("expiration", "Tue, 01 Jan 2999 00:00:00 GMT")]
    [InlineData("expiration", "2999-13-01T00:00:00Z")]
    [InlineData("auth-extra-groups", "system:masters")]
    public async Task Token_OfASecretThatDoesNotGrantIt_IsUnauthorized(string key, string value)
    {
        using var client = gateway.CreateClient(await NewTokenAsync((key, value)));

        (await client.GetJsonAsync(Requests)).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Fact]
    public async Task Token_ThatDoesNotSayThatItIsForNodes_MayNotAskForACertificate()
    {
        using var client = gateway.CreateClient(await NewTokenAsync(("auth-extra-groups", "system:bootstrappers:workers")));

        (await client.GetJsonAsync(Requests)).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Fact]
    public async Task Token_OfAnotherTypeOfSecretOrNone_IsUnauthorized()
    {
        using var client = gateway.CreateClient(await NewTokenAsync(type: "Opaque"));
        (await client.GetJsonAsync(Requests)).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
        using var stranger = gateway.CreateClient("zzzzzz.0123456789abcdef");
        (await stranger.GetJsonAsync(Requests)).ShouldFail(HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Theory]
    [InlineData("2999-01-01T00:00:00Z")]
    [InlineData("2999-01-01T00:00:00.123456789+01:00")]
    public async Task Token_BeforeItsEnd_IsAccepted(string expiration)
    {
        using var client = gateway.CreateClient(await NewTokenAsync(("expiration", expiration)));

        (await client.GetJsonAsync(Requests)).ShouldSucceed();
    }

    private async Task<string> NewTokenAsync((string Key, string Value)? change = null, string type = "bootstrap.kubernetes.io/token")
    {
        var (id, secret) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var data = new JsonObject { ["token-id"] = id, ["token-secret"] = secret, ["usage-bootstrap-authentication"] = "true", ["auth-extra-groups"] = JoiningNodes };
        if (change is var (key, value))
            data[key] = value;
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = $"bootstrap-token-{id}", ["namespace"] = "kube-system" },
            ["type"] = type,
            ["data"] = new JsonObject(data.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(item.Value!.GetValue<string>()))))),
        };
        (await gateway.Admin.CallAsync(HttpMethod.Post, Secrets, HttpCalls.Json(body.ToJsonString()))).ShouldSucceed(HttpStatusCode.Created);
        return $"{id}.{secret}";
    }
}
