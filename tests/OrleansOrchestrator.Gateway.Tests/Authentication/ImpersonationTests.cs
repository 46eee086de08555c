using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Authentication;

public sealed class ImpersonationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

    [Fact]
    public async Task Request_ImpersonatingAUser_HasTheRightsOfThatUser()
    {
        (await gateway.Admin.GetJsonAsync(Pods, ("Impersonate-User", "nobody"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldBe("pods is forbidden: User \"nobody\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"");
        (await gateway.Admin.GetJsonAsync("/apis", ("Impersonate-User", "nobody"))).ShouldSucceed();
    }

    [Theory]
    [InlineData("GET", Pods + "?watch=true")]
    [InlineData("GET", "/api/v1/watch/pods")]
    [InlineData("GET", Pods + "/web/log?follow=true")]
    [InlineData("POST", Pods + "/web/exec?command=sh")]
    [InlineData("POST", Pods)]
    [InlineData("PATCH", Pods + "/web")]
    [InlineData("DELETE", Pods)]
    [InlineData("GET", "/metrics")]
    public async Task AnyRequest_ImpersonatingANobody_IsForbidden(string method, string path) =>
        (await gateway.Admin.CallAsync(new HttpMethod(method), path, null, ("impersonate-user", "nobody"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldContain("User \"nobody\" cannot");

    [Fact]
    public async Task WebSocket_ImpersonatingANobody_IsNotOpened()
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {gateway.Identity.AdminToken}");
        socket.Options.SetRequestHeader("Impersonate-User", "nobody");
        await Should.ThrowAsync<WebSocketException>(() =>
            socket.ConnectAsync(new UriBuilder(gateway.Address) { Scheme = "wss", Path = Pods, Query = "watch=true" }.Uri, TestContext.Current.CancellationToken));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("jane", "", "system:authenticated")]
    [InlineData("jane", "dev", "dev,system:authenticated")]
    [InlineData("jane", "dev, ops", "dev, ops,system:authenticated")]
    [InlineData("jane", "system:authenticated", "system:authenticated")]
    [InlineData("jane", "system:masters", "system:masters,system:authenticated")]
    [InlineData("system:serviceaccount:ns:robot", "", "system:serviceaccounts,system:serviceaccounts:ns,system:authenticated")]
    [InlineData("system:serviceaccount:ns:robot", "dev", "dev,system:authenticated")]
    [InlineData("system:serviceaccount:no account", "", "system:authenticated")]
    public async Task Whoami_ImpersonatingSomebody_TellsExactlyTheseGroups(string user, string group, string expected)
    {
        (string, string)[] groups = group.Length == 0 ? [] : [("Impersonate-Group", group)];
        var info = await WhoamiAsync([("Impersonate-User", user), .. groups]);

        info["username"]!.GetValue<string>().ShouldBe(user);
        string.Join(',', info["groups"]!.AsArray().Select(group => group!.GetValue<string>())).ShouldBe(expected);
    }

    [Fact]
    public async Task Whoami_ImpersonatingWithUidAndExtra_TellsBoth()
    {
        var info = await WhoamiAsync(
            ("Impersonate-User", "jane"), ("Impersonate-Uid", "u-1"), ("Impersonate-Extra-Scopes", "view"),
            ("Impersonate-Extra-Example.org%2fTeam", "red"));

        info["uid"]!.GetValue<string>().ShouldBe("u-1");
        info["extra"]!.ToJsonString().ShouldBe("""{"scopes":["view"],"example.org/team":["red"]}""");
    }

    [Fact]
    public async Task Request_ImpersonatingAnonymous_IsUnauthenticated()
    {
        (await gateway.Admin.GetJsonAsync("/version", ("Impersonate-User", "system:anonymous"))).ShouldSucceed();
        (await gateway.Admin.GetJsonAsync("/apis", ("Impersonate-User", "system:anonymous"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
        (await gateway.Admin.GetJsonAsync("/apis", ("Impersonate-User", "jane"), ("Impersonate-Group", "system:unauthenticated")))
            .ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Fact]
    public async Task CertificateRequest_OfAnImpersonatedUser_IsThatUsers()
    {
        const string Csr = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
        using var key = ECDsa.Create();
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256)
            .CreateSigningRequestPem();
        var request = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        var body = HttpCalls.Json($$$"""{"metadata":{"name":"x"},"spec":{"request":"{{{request}}}","signerName":"example.com/s","usages":["client auth"]}}""");

        (await gateway.Admin.CallAsync(HttpMethod.Post, Csr, body, ("Impersonate-User", "boss"), ("Impersonate-Group", "system:masters")))
            .ShouldSucceed(HttpStatusCode.Created);

        gateway.Objects.LastWrite!.User.Name.ShouldBe("boss");
    }

    [Theory]
    [InlineData("Impersonate-User", "x", "users \"x\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope")]
    [InlineData("Impersonate-User", "jane", "users \"jane\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope")]
    [InlineData("Impersonate-User", "system:serviceaccount:ns:robot", "serviceaccounts \"robot\" is forbidden: User \"jane\" cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"ns\"")]
    public async Task Request_OfAUserWhoMayNotImpersonate_IsForbidden(string header, string value, string expected)
    {
        using var certificate = gateway.Identity.Authority.IssueClientCertificate("jane", ["dev"], TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
        using var client = gateway.CreateClient(certificate: certificate);

        (await client.GetJsonAsync("/version", (header, value))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden").ShouldBe(expected);
    }

    [Fact]
    public async Task Request_WithoutCredentialsThatImpersonates_IsForbidden()
    {
        using var client = gateway.CreateClient();
        (await client.GetJsonAsync("/version", ("Impersonate-User", "x"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldContain("User \"system:anonymous\" cannot impersonate resource \"users\"");
    }

    [Theory]
    [InlineData("Impersonate-Group", "system:masters")]
    [InlineData("Impersonate-Uid", "1")]
    [InlineData("Impersonate-Extra-Scopes", "view")]
    public async Task Request_ImpersonatingAllButAUser_IsABadRequest(string header, string value) =>
        (await gateway.Admin.GetJsonAsync(Pods, (header, value))).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldContain("without impersonating a user");

    [Theory]
    [InlineData("X-Remote-User", "X-Remote-Group")]
    [InlineData("Remote-User", "Remote-Group")]
    [InlineData("X-Forwarded-User", "X-Forwarded-Groups")]
    public async Task Request_WithHeadersOfAnAuthenticatingProxy_IsNoMoreThanItsCredentials(string user, string group)
    {
        using var client = gateway.CreateClient();
        (await client.GetJsonAsync(Pods, (user, "kubernetes-admin"), (group, "system:masters"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden")
            .ShouldContain("User \"system:anonymous\"");
    }

    private async Task<JsonNode> WhoamiAsync(params (string Name, string Value)[] headers) =>
        (await gateway.Admin.CallAsync(HttpMethod.Post, Self, HttpCalls.Json("{}"), headers)).ShouldSucceed(HttpStatusCode.Created)["status"]!["userInfo"]!;
}
