using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Kubectl;

public sealed class KubectlAccessTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IDisposable
{
    private readonly KubectlRun _kubectl = new(gateway);

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task AuthWhoami_OfAdministrator_TellsNameAndGroups()
    {
        var output = await _kubectl.RunAsync("auth whoami");
        output.ShouldMatch(@"Username\s+kubernetes-admin");
        output.ShouldContain("system:masters");
    }

    [Fact]
    public async Task AuthWhoami_AsSomebodyElse_TellsExactlyThatUser()
    {
        (await _kubectl.RunAsync("auth whoami --as jane --as-group dev --as-group ops --as-uid u-1 -o jsonpath={.status.userInfo}"))
            .ShouldBe("""{"groups":["dev","ops","system:authenticated"],"uid":"u-1","username":"jane"}""");
        (await _kubectl.RunAsync("auth whoami --as system:serviceaccount:default:robot -o jsonpath={.status.userInfo.groups}"))
            .ShouldBe("""["system:serviceaccounts","system:serviceaccounts:default","system:authenticated"]""");
        (await _kubectl.RunAsync("auth can-i --list --as jane")).ShouldNotMatch(@"\*\.\*");
    }

    [Fact]
    public async Task AuthCanI_OfAdministrator_IsYes()
    {
        (await _kubectl.RunAsync("auth can-i create pods --namespace default")).Trim().ShouldBe("yes");
        (await _kubectl.RunAsync("auth can-i get /metrics")).Trim().ShouldBe("yes");
        (await _kubectl.RunAsync("auth can-i --list")).ShouldMatch(@"\*\.\*\s+\[\]\s+\[\]\s+\[\*\]");
    }

    [Theory]
    [InlineData("create role reader --verb=get,list --resource=pods", "role.rbac.authorization.k8s.io/reader created")]
    [InlineData("create clusterrole system:reader --verb=get --resource=nodes", "clusterrole.rbac.authorization.k8s.io/system:reader created")]
    [InlineData("create rolebinding readers --role=reader --user=jane", "rolebinding.rbac.authorization.k8s.io/readers created")]
    [InlineData("create clusterrolebinding readers --clusterrole=system:reader --group=dev", "clusterrolebinding.rbac.authorization.k8s.io/readers created")]
    [InlineData("create ingress web --rule=a.example.com/=web:80", "ingress.networking.k8s.io/web created")]
    public async Task Create_OfTypedCommand_Succeeds(string command, string expected) =>
        (await _kubectl.RunAsync(command)).ShouldContain(expected);

    [Fact]
    public async Task Get_OfNewKinds_PrintsTheirColumns()
    {
        await _kubectl.RunAsync("create role shown --verb=get --resource=pods");
        (await _kubectl.RunAsync("get role shown")).ShouldMatch(@"NAME\s+CREATED AT\nshown\s+\d{4}-\d\d-\d\dT");
        await _kubectl.RunAsync("create rolebinding shown --role=shown --user=jane --serviceaccount=default:sa");
        (await _kubectl.RunAsync("get rolebinding shown -o wide")).ShouldMatch(@"shown\s+Role/shown\s+\d+s\s+jane\s+default/sa");
        (await _kubectl.RunAsync("describe rolebinding shown")).ShouldMatch(@"ServiceAccount\s+sa\s+default");
        await _kubectl.RunAsync("create ingress shown --class=nginx --rule=a.example.com/*=web:80,tls=s");
        (await _kubectl.RunAsync("get ing shown")).ShouldMatch(@"shown\s+nginx\s+a\.example\.com\s+80, 443\s+\d+s");
    }

    [Fact]
    public async Task CertificateApproveAndDeny_OfRequests_DecideThem()
    {
        foreach (var name in new[] { "good", "bad" })
            (await _kubectl.RunAsync("apply -f -", Request(name))).ShouldContain($"certificatesigningrequest.certificates.k8s.io/{name} created");
        (await _kubectl.RunAsync("get csr good")).ShouldMatch(@"good\s+\d+s\s+example\.com/signer\s+<none>\s+Pending");

        (await _kubectl.RunAsync("certificate approve good")).ShouldContain("good approved");
        gateway.Objects.LastSubresource.ShouldBe("approval");
        (await _kubectl.RunAsync("certificate deny bad")).ShouldContain("bad denied");
        (await _kubectl.RunAsync("get csr")).ShouldMatch(@"(?s)bad\s.*Denied.*good\s.*Approved");
    }

    [Fact]
    public async Task ApiResources_OfReviews_AreListed()
    {
        var output = await _kubectl.RunAsync("api-resources");
        output.ShouldMatch(@"selfsubjectreviews\s+authentication.k8s.io/v1\s+false\s+SelfSubjectReview");
        output.ShouldMatch(@"localsubjectaccessreviews\s+authorization.k8s.io/v1\s+true\s+LocalSubjectAccessReview");
        output.ShouldMatch(@"networkpolicies\s+netpol\s+networking.k8s.io/v1\s+true\s+NetworkPolicy");
    }

    [Fact]
    public async Task Create_OfReviewManifest_PrintsTheAnswer()
    {
        const string Review = "apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectAccessReview\nspec:\n  resourceAttributes:\n    verb: get\n    resource: pods\n";
        (await _kubectl.RunAsync("create -f - -o jsonpath={.status.allowed}", Review)).ShouldBe("true");
    }

    [Fact]
    public async Task CreateToken_OfServiceAccount_IsGoodForIt()
    {
        await _kubectl.RunAsync("create serviceaccount robot");
        var token = (await _kubectl.RunAsync("create token robot --duration=10m")).Trim();
        using var client = gateway.CreateClient(token);
        var review = await client.CallAsync(HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", HttpCalls.Json("{}"));
        review.ShouldSucceed(System.Net.HttpStatusCode.Created)["status"]!["userInfo"]!["username"]!.GetValue<string>().ShouldBe("system:serviceaccount:default:robot");
    }

    private static string Request(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var request = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        return $"apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: {name}\nspec:\n  request: {request}\n  signerName: example.com/signer\n  usages: [client auth]\n";
    }
}
