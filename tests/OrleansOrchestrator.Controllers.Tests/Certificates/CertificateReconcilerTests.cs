using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using OrleansOrchestrator.Controllers.Certificates;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.Controllers.Tests.Certificates;

/// <summary>A certificate request from its creation to its certificate and its end.</summary>
public sealed class CertificateReconcilerTests
{
    private const string Client = "kubernetes.io/kube-apiserver-client";
    private const string NodeClient = "kubernetes.io/kube-apiserver-client-kubelet";
    private const string NodeServing = "kubernetes.io/kubelet-serving";
    private static readonly ObjectKey Key = new("", "request");
    private static readonly byte[] Certificate = Encoding.ASCII.GetBytes("certificate");
    private static readonly CertificateCleanupReconciler Cleaner = new();

    private readonly ClusterModel _cluster = new();
    private readonly List<CertificateOrder> _orders = [];
    private readonly CertificateSigningReconciler _signer;

    public CertificateReconcilerTests() => _signer = new CertificateSigningReconciler(new ClusterSigner(order =>
    {
        _orders.Add(order);
        return Certificate;
    }));

    private V1CertificateSigningRequest Request => _cluster.Find<V1CertificateSigningRequest>(Key)!;

    [Theory]
    [InlineData("system:bootstrap:abcdef", "system:bootstrappers:kubeadm:default-node-token")]
    [InlineData("system:node:a", "system:nodes")]
    [InlineData("kubernetes-admin", "system:masters")]
    [InlineData("jane", "dev")]
    public void NodeClient_AskedByAnybody_WaitsForSomebodyWhoApproves(string user, string group)
    {
        Add(NodeClient, "O=system:nodes, CN=system:node:a", [user, group], ["client auth", "digital signature"]);

        foreach (var reconciler in new IReconciler[] { _signer, Cleaner })
            _cluster.Step(reconciler, Key).Actions.ShouldBeEmpty();
        Decide("Approved");
        _cluster.Step(_signer, Key);

        Request.Status.Certificate.ShouldBe(Certificate);
        var subject = _orders.ShouldHaveSingleItem().Subject;
        (subject.CommonName, string.Join(',', subject.Organizations)).ShouldBe(("system:node:a", "system:nodes"));
    }

    [Theory]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:a, OU=z+CN=system:kube-apiserver")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:a, OU=z+O=system:masters")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:b, CN=system:node:a")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:kube-apiserver, CN=system:node:a")]
    [InlineData(NodeServing, "O=system:nodes, CN=system:node:a, OU=z+CN=system:kube-apiserver")]
    [InlineData(NodeServing, "O=system:nodes, CN=system:node:b, CN=system:node:a")]
    [InlineData(Client, "CN=jane, OU=z+O=system:masters")]
    [InlineData(Client, "CN=jane+O=system:masters")]
    [InlineData(Client, "CN=admin, CN=jane, O=dev")]
    [InlineData(Client, "O=dev")]
    public void Approved_OfASubjectThatCanBeReadInTwoWays_Fails(string signer, string subject)
    {
        Add(signer, subject, ["jane", "dev"], [signer == NodeServing ? "server auth" : "client auth", "digital signature"], signer == NodeServing ? ["a.example"] : []);
        Decide("Approved");

        _cluster.Step(_signer, Key);

        Request.Status.Conditions.Single(condition => condition.Type == "Failed").Reason.ShouldBe("SignerValidationFailure");
        Request.Status.Certificate.ShouldBeNull();
        _orders.ShouldBeEmpty();
    }

    [Fact]
    public void Approved_WithMoreInItsSubjectThanUserAndGroups_IsSignedWithoutIt()
    {
        Add(Client, "O=b, OU=z, CN=jane, O=a", ["jane", "dev"], ["client auth"]);
        Decide("Approved");

        _cluster.Step(_signer, Key);

        _orders.ShouldHaveSingleItem().Subject.ToName().Name.ShouldBe("CN=jane, O=a, O=b");
    }

    [Theory]
    [InlineData(Client, "CN=jane", "", "client auth,server auth", "invalid usage for client certificate: server auth")]
    [InlineData(Client, "CN=jane", "", "digital signature", "missing required usage for client certificate: client auth")]
    [InlineData(NodeClient, "CN=system:node:a, O=dev", "", "client auth,digital signature", "subject organization is not system:nodes")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:a", "a.example", "client auth,digital signature", "DNS subjectAltNames are not allowed")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:a", "192.0.2.1", "client auth,digital signature", "IP subjectAltNames are not allowed")]
    [InlineData(NodeClient, "CN=jane, O=system:nodes", "", "client auth,digital signature", "subject common name does not begin with system:node:")]
    [InlineData(NodeClient, "O=system:nodes, CN=system:node:a", "", "client auth", "usages did not match [client auth digital signature key encipherment]")]
    [InlineData(NodeServing, "O=system:nodes, CN=system:node:a", "", "server auth,digital signature", "DNS or IP subjectAltName is required")]
    [InlineData(NodeServing, "O=system:nodes, CN=system:node:a", "a@example.com,a.example", "server auth,digital signature", "Email subjectAltNames are not allowed")]
    [InlineData(NodeServing, "O=system:nodes, CN=system:node:a", "a.example", "server auth,digital signature,client auth", "usages did not match [digital signature key encipherment server auth]")]
    public void Approved_ThatTheSignerDoesNotSign_FailsWithTheReason(string signer, string subject, string names, string usages, string fault)
    {
        Add(signer, subject, ["jane", "dev"], usages.Split(','), names.Split(',', StringSplitOptions.RemoveEmptyEntries));
        Decide("Approved");

        _cluster.Step(_signer, Key);

        var failed = Request.Status.Conditions.Single(condition => condition.Type == "Failed");
        (failed.Status, failed.Reason, failed.Message).ShouldBe(("True", "SignerValidationFailure", fault));
        Request.Status.Certificate.ShouldBeNull();
        _cluster.Step(_signer, Key).Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, 365 * 24 * 3600)]
    [InlineData(3600, 3600)]
    [InlineData(10 * 365 * 24 * 3600, 365 * 24 * 3600)]
    public void Approved_ForATime_IsSignedForItAndNoLongerThanAYear(int? seconds, int expected)
    {
        Add(NodeServing, "O=system:nodes, CN=system:node:a", ["system:node:a", "system:nodes"], ["server auth", "digital signature", "key encipherment"], ["a.example", "192.0.2.1"]);
        Request.Spec.ExpirationSeconds = seconds;
        Decide("Approved");

        _cluster.Step(_signer, Key);
        _cluster.Step(_signer, Key).Actions.ShouldBeEmpty();

        var order = _orders.ShouldHaveSingleItem();
        Request.Status.Certificate.ShouldBe(Certificate);
        order.NotBefore.ShouldBe(_cluster.Now.AddMinutes(-5));
        order.NotAfter.ShouldBe(_cluster.Now.AddSeconds(expected).AddMinutes(expected < 8 * 3600 ? 0 : -5));
        order.Subject.ToName().Name.ShouldBe("CN=system:node:a, O=system:nodes");
        order.Purposes.ShouldBe(["1.3.6.1.5.5.7.3.1"]);
        order.KeyUsages.ShouldBe(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment);
        new X509SubjectAlternativeNameExtension(order.Names!.RawData).EnumerateDnsNames().ShouldBe(["a.example"]);
    }

    [Theory]
    [InlineData("xn--a.example")]
    [InlineData("-.example")]
    [InlineData("a..b")]
    [InlineData("http://[")]
    public void Approved_WithNamesThatNobodyWouldWrite_IsSignedAsItWasAsked(string name)
    {
        var names = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (names.PushSequence())
        {
            names.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, name, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 2));
            names.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, name, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6));
        }

        Add(Client, "CN=jane", ["jane", "dev"], ["client auth"], extension: new X509Extension("2.5.29.17", names.Encode(), false));
        Decide("Approved");

        _cluster.Step(_signer, Key);

        _orders.ShouldHaveSingleItem().Names!.RawData.ShouldBe(new X509Extension("2.5.29.17", names.Encode(), false).RawData);
    }

    [Fact]
    public void Approved_ThatCannotBeEncoded_FailsAndHoldsUpNobody()
    {
        var signer = new CertificateSigningReconciler(new ClusterSigner(_ => throw new CryptographicException("too long")));
        Add(Client, "CN=jane", ["jane", "dev"], ["client auth"]);
        Decide("Approved");

        _cluster.Step(signer, Key);

        Request.Status.Conditions.Single(condition => condition.Type == "Failed").Message.ShouldContain("too long");
    }

    [Fact]
    public void Denied_IsNeverSigned()
    {
        Add(NodeClient, "O=system:nodes, CN=system:node:a", ["system:bootstrap:abcdef", "system:bootstrappers"], ["client auth", "digital signature"]);
        Decide("Denied");

        _cluster.Step(_signer, Key).Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", false, 24)]
    [InlineData("Approved", false, 24)]
    [InlineData("Approved", true, 1)]
    [InlineData("Denied", false, 1)]
    [InlineData("Failed", false, 1)]
    public void Request_ThatNobodyNeeds_GoesAfterItsTime(string condition, bool isIssued, int hours)
    {
        Add(Client, "CN=jane", ["jane", "dev"], ["client auth"]);
        if (condition.Length > 0)
            Decide(condition);
        if (isIssued)
            _cluster.Step(_signer, Key);

        _cluster.Step(Cleaner, Key).RequeueAfter.ShouldBe(TimeSpan.FromHours(hours));
        _cluster.Now += TimeSpan.FromHours(hours) - TimeSpan.FromSeconds(1);
        _cluster.Step(Cleaner, Key).Actions.ShouldBeEmpty();
        _cluster.Now += TimeSpan.FromSeconds(1);
        _cluster.Step(Cleaner, Key);

        _cluster.All<V1CertificateSigningRequest>().ShouldBeEmpty();
    }

    [Fact]
    public void Controllers_InAnyOrder_SignExactlyWhatIsApprovedAndNeverTwice() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 20], Gen.Bool).Sample((steps, isGood) =>
        {
            var test = new CertificateReconcilerTests();
            test.Add(
                NodeClient, "O=system:nodes, CN=system:node:a", ["system:bootstrap:abcdef", "system:bootstrappers"], isGood ? ["client auth", "digital signature"] : ["client auth"]);
            IReconciler[] reconcilers = [test._signer, Cleaner];
            foreach (var step in steps)
            {
                if (step < 2)
                    test._cluster.Step(reconcilers[step], Key);
                else if (test.Request.Status?.Conditions is not { Count: > 0 })
                    test.Decide(step == 2 ? "Approved" : "Denied");
                var types = (test.Request.Status?.Conditions ?? []).Select(condition => condition.Type).ToList();
                types.ShouldBeUnique();
                types.Intersect(["Approved", "Denied"]).Count().ShouldBeLessThan(2);
                (test.Request.Status?.Certificate is { Length: > 0 }).ShouldBe(test._orders.Count == 1);
                if (test._orders.Count > 0)
                    (isGood && types.Contains("Approved")).ShouldBeTrue();
            }
        });

    private void Add(string signer, string subject, string[] userAndGroup, string[] usages, string[]? names = null, X509Extension? extension = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectName.Of(subject), key, HashAlgorithmName.SHA256);
        if (extension is not null)
            request.CertificateExtensions.Add(extension);
        if (names is { Length: > 0 })
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (name.Contains('@', StringComparison.Ordinal))
                    alternatives.AddEmailAddress(name);
                else if (System.Net.IPAddress.TryParse(name, out var address))
                    alternatives.AddIpAddress(address);
                else
                    alternatives.AddDnsName(name);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        _cluster.Add(new V1CertificateSigningRequest
        {
            ApiVersion = "certificates.k8s.io/v1",
            Kind = "CertificateSigningRequest",
            Metadata = new V1ObjectMeta { Name = "request" },
            Spec = new V1CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
                SignerName = signer,
                Usages = usages,
                Username = userAndGroup[0],
                Groups = [userAndGroup[1], "system:authenticated"],
            },
        });
    }

    private void Decide(string type)
    {
        var request = Request;
        request.Status ??= new V1CertificateSigningRequestStatus();
        request.Status.Conditions =
        [
            .. request.Status.Conditions ?? [],
            new V1CertificateSigningRequestCondition { Type = type, Status = "True", LastUpdateTime = _cluster.Now.UtcDateTime },
        ];
    }
}
