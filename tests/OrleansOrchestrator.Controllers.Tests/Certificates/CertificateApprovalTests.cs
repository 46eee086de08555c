using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Controllers.Certificates;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.Controllers.Tests.Certificates;

/// <summary>Which certificates of nodes need no administrator.</summary>
public sealed class CertificateApprovalTests
{
    private const string NodeClient = "kubernetes.io/kube-apiserver-client-kubelet";
    private const string Machine = "system:bootstrap:abcdef";
    private static readonly ObjectKey Key = new("", "request");

    private readonly ClusterModel _cluster = new();

    // As the bindings of a cluster: machines join, and nodes renew.
    private readonly CertificateApprovalReconciler _approver = new(new RequesterAccess((spec, subresource) =>
        spec.Groups.Contains(subresource switch { "nodeclient" => "joining", "selfnodeclient" => "system:nodes", _ => "" })));

    [Theory]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:a", "Auto approving kubelet client certificate after SubjectAccessReview.")]
    [InlineData("system:node:a", "system:nodes", "O=system:nodes, CN=system:node:a", "Auto approving self kubelet client certificate after SubjectAccessReview.")]
    [InlineData(Machine, "other", "O=system:nodes, CN=system:node:a", null)]
    [InlineData("system:node:a", "other", "O=system:nodes, CN=system:node:a", null)]
    [InlineData("system:node:b", "system:nodes", "O=system:nodes, CN=system:node:a", null)]
    [InlineData("system:node:A", "system:nodes", "O=system:nodes, CN=system:node:a", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:A", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:a/../b", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:kube-apiserver", null)]
    [InlineData(Machine, "joining", "O=system:masters, CN=system:node:a", null)]
    [InlineData(Machine, "joining", "O=system:nodes, O=system:masters, CN=system:node:a", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:b, CN=system:node:a", null)]
    [InlineData(Machine, "joining", "O=system:nodes, CN=system:node:a, OU=z+O=system:masters", null)]
    [InlineData(Machine, "joining", "CN=system:node:a", null)]
    public void Request_OfANodesCertificate_IsApprovedForWhoMayHaveIt(string user, string group, string subject, string? message)
    {
        Add(user, group, subject);

        _cluster.Step(_approver, Key);
        _cluster.Step(_approver, Key).Actions.ShouldBeEmpty();

        var approved = Request.Status?.Conditions?.SingleOrDefault();
        (approved?.Type, approved?.Reason, approved?.Message).ShouldBe(message is null ? default : ("Approved", "AutoApproved", message));
    }

    [Fact]
    public void Request_OfAMachineForANodeThatExists_WaitsForAnAdministrator()
    {
        var node = _cluster.Add(new V1Node { Metadata = new V1ObjectMeta { Name = "a" } });
        Add(Machine, "joining", "O=system:nodes, CN=system:node:a");

        var waiting = _cluster.Step(_approver, Key);
        waiting.RequeueAfter.ShouldBe(TimeSpan.FromSeconds(10), "the node may go");
        var condition = Request.Status.Conditions.ShouldHaveSingleItem("whoever has a token would get the secrets of that node's pods");
        (condition.Type, condition.Message).ShouldBe((
            "NodeExists",
            "a Node with name \"a\" already exists in the cluster, and who gets its certificate gets the secrets of its pods. You must delete the existing Node or change the name of this new joining Node"));
        _cluster.Step(_approver, Key).Actions.ShouldBeEmpty("it is said once");

        Add("system:node:a", "system:nodes", "O=system:nodes, CN=system:node:a", "renewal");
        _cluster.Step(_approver, new ObjectKey("", "renewal")).Actions.ShouldHaveSingleItem();

        _cluster.Remove(node);
        _cluster.Step(_approver, Key).Actions.ShouldHaveSingleItem();
        Request.Status.Conditions.ShouldHaveSingleItem().Type.ShouldBe("Approved");
    }

    [Theory]
    [InlineData("Denied")]
    [InlineData("Failed")]
    [InlineData("Approved")]
    public void Request_ThatIsAnswered_IsNotApproved(string condition)
    {
        Add(Machine, "joining", "O=system:nodes, CN=system:node:a");
        Request.Status = new V1CertificateSigningRequestStatus { Conditions = [new V1CertificateSigningRequestCondition { Type = condition, Status = "True" }] };

        _cluster.Step(_approver, Key).Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("kubernetes.io/kubelet-serving", "server auth", "")]
    [InlineData("kubernetes.io/kube-apiserver-client", "client auth", "")]
    [InlineData("example.com/signer", "client auth", "")]
    [InlineData(NodeClient, "server auth", "")]
    [InlineData(NodeClient, "client auth", "a.example")]
    public void Request_OfAnythingElse_WaitsForAnAdministrator(string signer, string usage, string name)
    {
        Add(Machine, "joining", "O=system:nodes, CN=system:node:a", signer: signer, usage: usage, dnsName: name);

        _cluster.Step(_approver, Key).Actions.ShouldBeEmpty();
    }

    private V1CertificateSigningRequest Request => _cluster.Find<V1CertificateSigningRequest>(Key)!;

    private void Add(string user, string group, string subject, string name = "request", string signer = NodeClient, string usage = "client auth", string dnsName = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectName.Of(subject), key, HashAlgorithmName.SHA256);
        if (dnsName.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        _cluster.Add(new V1CertificateSigningRequest
        {
            Metadata = new V1ObjectMeta { Name = name },
            Spec = new V1CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
                SignerName = signer,
                Usages = [usage, "digital signature"],
                Username = user,
                Groups = [group],
            },
        });
    }
}
