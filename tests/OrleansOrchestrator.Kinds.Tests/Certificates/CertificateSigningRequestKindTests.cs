using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Tests.Certificates;

public class CertificateSigningRequestKindTests
{
    private const string Approved = "{'type':'Approved','status':'True','reason':'r'}";
    private const string Denied = "{'type':'Denied','status':'True'}";

    private static readonly KindCase Requests = new("certificatesigningrequests", "certificates.k8s.io");
    private static readonly string Valid = KindCase.With(
        "{'metadata':{'name':'jane'},'spec':{'request':'@','signerName':'kubernetes.io/kube-apiserver-client','usages':['client auth']}}",
        NewRequest());

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'usages':null}", "spec.usages: Required value")]
    [InlineData("{'usages':['signing','signing']}", "spec.usages[1]: Duplicate value: \"signing\"")]
    [InlineData("{'signerName':null}", "spec.signerName: Required value")]
    [InlineData("{'signerName':'kubernetes.io/legacy-unknown'}", "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this API version")]
    [InlineData("{'signerName':'x'}", "spec.signerName: Invalid value: \"x\": must be a fully qualified domain and path of the form 'example.com/signer-name'")]
    [InlineData("{'signerName':'x/y'}", "spec.signerName: Invalid value: \"x\": should be a domain with at least two segments separated by dots")]
    [InlineData("{'expirationSeconds':599}", "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)")]
    public void Spec_Faults_AreTold(string change, string fault) => Requests.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Request_OfUnknownUsage_ListsThem() =>
        Requests.Faults(KindCase.Merge(Valid, "{'spec':{'usages':['x']}}")).ShouldStartWith("spec.usages[0]: Unsupported value: \"x\": supported values: \"any\", ");

    [Fact]
    public void Request_ThatIsNoRequest_IsRefused()
    {
        Requests.Faults(KindCase.Merge(Valid, "{'spec':{'request':'eA=='}}"))
            .ShouldBe("spec.request: Invalid value: \"eA==\": PEM block type must be CERTIFICATE REQUEST");
        Requests.Faults(KindCase.Merge(Valid, $"{{'spec':{{'request':'{NewRequest(isForged: true)}'}}}}")).ShouldStartWith("spec.request: Invalid value: ");
    }

    [Fact]
    public void Request_OfCreator_DoesNotSayWhoAsks() =>
        Requests.Created(KindCase.Merge(Valid, "{'spec':{'username':'admin','groups':['system:masters'],'uid':'1'},'status':{'certificate':'eA=='}}"))
            ["spec"]!.AsObject().Select(part => part.Key).ShouldBe(["request", "signerName", "usages"]);

    [Fact]
    public void Update_OfSpec_ChangesNothing() =>
        Requests.Updated(Valid, KindCase.Merge(Valid, "{'spec':{'signerName':'example.com/other'}}"))
            ["spec"]!["signerName"]!.GetValue<string>().ShouldBe("kubernetes.io/kube-apiserver-client");

    [Theory]
    [InlineData("", Approved, "")]
    [InlineData("", Denied, "")]
    [InlineData(Approved, Approved + "," + Denied, "status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive")]
    [InlineData(Approved, "", "status.conditions: Forbidden: updates may not remove a condition of type \"Approved\"")]
    [InlineData("", "{'type':'Approved','status':'False'}", "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\"")]
    [InlineData("", "{'type':'','status':'x'}", "status.conditions[0].type: Required value\nstatus.conditions[0].status: Unsupported value: \"x\": supported values: \"False\", \"True\", \"Unknown\"")]
    public void Approval_OfRequest_IsADecision(string before, string after, string fault)
    {
        var (current, updated) = (WithConditions(before), WithConditions(after));
        Requests.Definition.TryPrepareForPartUpdate("approval", updated, current).ShouldBeTrue();
        var errors = new FieldErrors();
        Requests.Definition.ValidatePartUpdate("approval", updated, current, errors);
        string.Join('\n', errors.All).ShouldBe(fault);
    }

    [Fact]
    public void Approval_WithCertificate_LeavesItOut()
    {
        var (current, updated) = (WithConditions(""), WithConditions(Approved));
        ((k8s.Models.V1CertificateSigningRequest)updated).Status.Certificate = [1];
        ((k8s.Models.V1CertificateSigningRequest)updated).Spec.SignerName = "example.com/other";

        Requests.Definition.TryPrepareForPartUpdate("approval", updated, current).ShouldBeTrue();

        var approved = (k8s.Models.V1CertificateSigningRequest)updated;
        approved.Status.Certificate.ShouldBeNull();
        approved.Spec.SignerName.ShouldBe("kubernetes.io/kube-apiserver-client");
        Requests.Definition.TryPrepareForPartUpdate("other", updated, current).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", Approved, "status.conditions: Forbidden: updates may not add a condition of type \"Approved\"")]
    [InlineData(Approved, "{'type':'Approved','status':'True','reason':'other'}", "status.conditions: Forbidden: updates may not modify a condition of type \"Approved\"\n[0].reason: \"r\" → \"other\"")]
    [InlineData(Approved, Approved + ",{'type':'Failed','status':'True'}", "")]
    public void Status_OfSigner_CannotDecide(string before, string after, string fault) => Requests
        .StatusFaults(KindCase.Merge(Valid, $"{{'status':{{'conditions':[{before}]}}}}"), KindCase.Merge(Valid, $"{{'status':{{'conditions':[{after}]}}}}"))
        .ShouldBe(fault);

    [Fact]
    public void Certificate_OnceIssued_Stays()
    {
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(KindCase.Now, KindCase.Now.AddDays(1));
        var issued = Base64(certificate.ExportCertificatePem());
        Requests.StatusFaults(Valid, WithCertificate(issued)).ShouldBe("");
        Requests.StatusFaults(Valid, WithCertificate(Base64("x"))).ShouldBe("status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block");
        Requests.StatusFaults(Valid, WithCertificate(Base64(key.ExportPkcs8PrivateKeyPem()))).ShouldBe("status.certificate: Invalid value: \"<certificate data>\": only CERTIFICATE PEM blocks are allowed, found \"PRIVATE KEY\"");
        Requests.StatusFaults(WithCertificate(issued), WithCertificate(Base64(certificate.ExportCertificatePem() + "\n")))
            .ShouldBe("status.certificate: Forbidden: updates may not modify existing certificate content");
    }

    [Theory]
    [InlineData("[]", "Pending")]
    [InlineData("[" + Approved + "]", "Approved")]
    [InlineData("[" + Denied + "]", "Denied")]
    [InlineData("[" + Approved + ",{'type':'Failed','status':'True'}]", "Approved,Failed")]
    public void Row_OfConditions_TellsThem(string conditions, string cell) => Requests
        .Row(KindCase.Merge(Valid, $"{{'spec':{{'username':'jane','expirationSeconds':3600}},'status':{{'conditions':{conditions}}}}}"))
        .ShouldBe($"jane | <unknown> | kubernetes.io/kube-apiserver-client | jane | 60m | {cell}");

    private static string WithCertificate(string certificate) => KindCase.Merge(Valid, $"{{'status':{{'certificate':'{certificate}'}}}}");

    private static k8s.IKubernetesObject<k8s.Models.V1ObjectMeta> WithConditions(string conditions) =>
        Requests.Decode(KindCase.Merge(Valid, $"{{'status':{{'conditions':[{conditions}]}}}}"));

    private static string NewRequest(bool isForged = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=jane", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        if (isForged)
            request[^1] ^= 1;
        return Base64(PemEncoding.WriteString("CERTIFICATE REQUEST", request));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
