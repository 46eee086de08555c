using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>Asks a signer for a certificate. The request must be approved before it is signed.</summary>
internal sealed class CertificateSigningRequestKind : ResourceDefinition<V1CertificateSigningRequest>
{
    private const string Approval = "approval";

    public override string Group => "certificates.k8s.io";

    public override string Kind => "CertificateSigningRequest";

    public override string Plural => "certificatesigningrequests";

    public override IReadOnlyList<string> ShortNames => ["csr"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("spec.signerName")];

    protected override IReadOnlyList<TableColumn<V1CertificateSigningRequest>> TypedColumns =>
    [
        TableColumn<V1CertificateSigningRequest>.Name,
        TableColumn<V1CertificateSigningRequest>.Age,
        TableColumn<V1CertificateSigningRequest>.Of("SignerName", request => (request.Spec?.SignerName).Or("<none>")),
        TableColumn<V1CertificateSigningRequest>.Of("Requestor", request => request.Spec?.Username ?? ""),
        TableColumn<V1CertificateSigningRequest>.Of("RequestedDuration", DurationOf),
        TableColumn<V1CertificateSigningRequest>.Of("Condition", ConditionOf),
    ];

    public override bool TryPrepareForPartUpdate(string subresource, KubeObject updated, KubeObject current)
    {
        if (subresource != Approval)
            return false;
        var (after, before) = ((V1CertificateSigningRequest)updated, (V1CertificateSigningRequest)current);
        after.Spec = before.Spec;
        if (before.Status?.Certificate is { } certificate)
            (after.Status ??= new V1CertificateSigningRequestStatus()).Certificate = certificate;
        else if (after.Status is not null)
            after.Status.Certificate = null;
        return true;
    }

    public override void ValidatePartUpdate(string subresource, KubeObject updated, KubeObject current, FieldErrors errors) =>
        CertificateConditionRules.ValidateUpdate(
            (V1CertificateSigningRequest)updated, (V1CertificateSigningRequest)current, mayDecide: true, errors);

    // The server records who sends the request, whatever the request says.
    protected override void PrepareForCreate(V1CertificateSigningRequest obj)
    {
        if (obj.Spec is not { } spec)
            return;
        spec.Username = null;
        spec.Uid = null;
        spec.Groups = null;
        spec.Extra = null;
    }

    // A request does not change, so that exactly what was approved is signed.
    protected override void PrepareForUpdate(V1CertificateSigningRequest updated, V1CertificateSigningRequest current) =>
        updated.Spec = current.Spec;

    protected override void Validate(V1CertificateSigningRequest obj, FieldErrors errors)
    {
        CertificateRequestValidation.Validate(obj.Spec ?? new V1CertificateSigningRequestSpec(), FieldPath.Spec, errors);
        CertificateConditionRules.Validate(obj.Status?.Conditions, errors);
    }

    protected override void ValidateUpdate(V1CertificateSigningRequest updated, V1CertificateSigningRequest current, FieldErrors errors) =>
        CertificateConditionRules.ValidateUpdate(updated, current, mayDecide: false, errors);

    protected override void ValidateStatusUpdate(V1CertificateSigningRequest updated, V1CertificateSigningRequest current, FieldErrors errors)
    {
        CertificateConditionRules.ValidateUpdate(updated, current, mayDecide: false, errors);
        IssuedCertificateRules.ValidateUpdate(updated.Status?.Certificate ?? [], current.Status?.Certificate ?? [], errors);
    }

    private static string DurationOf(V1CertificateSigningRequest request) => request.Spec?.ExpirationSeconds is { } seconds
        ? HumanDuration.Format(TimeSpan.FromSeconds(seconds))
        : "<none>";

    private static string ConditionOf(V1CertificateSigningRequest request)
    {
        var conditions = (request.Status?.Conditions).OrNone();
        var decision = conditions.Any(condition => condition.Type == "Denied") ? "Denied"
            : conditions.Any(condition => condition.Type == "Approved") ? "Approved"
            : "Pending";
        var failed = conditions.Any(condition => condition.Type == "Failed") ? ",Failed" : "";
        return request.Status?.Certificate is { Length: > 0 } ? $"{decision}{failed},Issued" : decision + failed;
    }
}
