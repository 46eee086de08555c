using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

public sealed class CertificateRequestTests(SharedSilo shared)
{
    private static readonly WriteOptions Jane = new()
    {
        User = new UserInfo("jane", ["dev", "system:authenticated"], "u-1") { Extra = new Dictionary<string, IReadOnlyList<string>> { ["scopes"] = ["view"] } },
    };

    private ApiUser Api => shared.Api;

    [Fact]
    public async Task Request_OfUser_TellsWhoAsks()
    {
        var created = await CreateAsync();
        created.Spec.Username.ShouldBe("jane");
        created.Spec.Uid.ShouldBe("u-1");
        created.Spec.Groups.ShouldBe(["dev", "system:authenticated"]);
        created.Spec.Extra["scopes"].ShouldBe(["view"]);

        created.Spec.Username = "admin";
        (await Api.UpdateAsync(created)).Spec.Username.ShouldBe("jane");
    }

    [Fact]
    public async Task Approval_OfRequest_IsKeptWithItsTimes()
    {
        var request = await CreateAsync();
        request.Status.Conditions = [new V1CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "Test" }];
        (await Should.ThrowAsync<ApiException>(Api.UpdateAsync(request, "status"))).Message.ShouldContain("updates may not add a condition of type \"Approved\"");

        var approved = (await Api.UpdateAsync(request, "approval")).Status.Conditions.ShouldHaveSingleItem();
        approved.LastUpdateTime.ShouldNotBeNull();
        approved.LastTransitionTime.ShouldNotBeNull();
        (await Should.ThrowAsync<ApiException>(Api.UpdateAsync(request, "other"))).Code.ShouldBe(404);
    }

    [Theory]
    [InlineData("CN=jane, O=system:masters", "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed")]
    [InlineData("CN=jane, O=dev, O=system:masters", "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed")]
    [InlineData("CN=jane, OU=z+O=system:masters", "exactly one common name and no multi-valued attributes")]
    [InlineData("CN=jane+O=system:masters", "exactly one common name and no multi-valued attributes")]
    [InlineData("CN=jane, CN=joe, O=system:masters", "exactly one common name and no multi-valued attributes")]
    public async Task Request_ForAUserWhoMayDoEverything_IsForbiddenWhereverTheGroupStands(string subject, string fault)
    {
        var refused = await Should.ThrowAsync<ApiException>(CreateAsync(subject, "kubernetes.io/kube-apiserver-client"));

        refused.Code.ShouldBe(403);
        refused.Message.ShouldContain(fault);
        (await CreateAsync("CN=jane, O=dev", "kubernetes.io/kube-apiserver-client")).Spec.Username.ShouldBe("jane");
    }

    private async Task<V1CertificateSigningRequest> CreateAsync(string subject = "CN=jane", string signer = "example.com/signer")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest(SubjectName.Of(subject), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var created = await Api.CreateAsync(
            new V1CertificateSigningRequest
            {
                Metadata = new V1ObjectMeta { GenerateName = "jane-" },
                Spec = new V1CertificateSigningRequestSpec
                {
                    Request = Encoding.ASCII.GetBytes(pem),
                    SignerName = signer,
                    Usages = ["client auth"],
                    Username = "system:admin",
                    Groups = ["system:masters"],
                },
            },
            Jane);
        created.Metadata.ResourceVersion = null;
        created.Status ??= new V1CertificateSigningRequestStatus();
        return created;
    }
}
