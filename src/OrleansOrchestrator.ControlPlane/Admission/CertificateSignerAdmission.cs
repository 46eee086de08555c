using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Lets certificate requests be approved and signed only by who may do that for their signer: the verbs <c>approve</c> and <c>sign</c> on the
/// resource <c>signers</c> with the signer's name, or with <c>DOMAIN/*</c>.</summary>
/// <remarks>The admission plug-ins CertificateApproval and CertificateSigning, k8s.io/kubernetes/plugin/pkg/admission/certificates.</remarks>
internal sealed class CertificateSignerAdmission(AuthorizerChain authorizers) : IValidatingAdmission
{
    public string Name => "CertificateSigner";

    public bool Handles(AdmissionRequest request) => request is
    {
        Operation: AdmissionOperation.Update, Subresource: "approval" or "status", Object: V1CertificateSigningRequest, OldObject: V1CertificateSigningRequest,
    };

    public async ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var (updated, current) = ((V1CertificateSigningRequest)request.Object!, (V1CertificateSigningRequest)request.OldObject!);
        var verb = request.Subresource == "approval" ? "approve" : "sign";
        if (verb == "sign" && TextOf(updated.Status) == TextOf(current.Status))
            return;
        var signer = current.Spec.SignerName;
        if (!await MayAsync(signer) && !await MayAsync($"{signer.Split('/')[0]}/*"))
            throw ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, $"user not permitted to {verb} requests with signerName {GoSyntax.Quote(signer)}");

        async ValueTask<bool> MayAsync(string name)
        {
            var access = new AccessAttributes
            {
                IsResource = true,
                Verb = verb,
                Group = WellKnownResources.CertificateSigningRequests.Group,
                Version = "*",
                Resource = "signers",
                Name = name,
            };
            return (await authorizers.DecideAsync(request.User, access, cancellationToken)).IsAllowed;
        }
    }

    /// <summary>What a signer writes. Other fields of the status may be anybody's.</summary>
    private static string TextOf(V1CertificateSigningRequestStatus? status) =>
        JsonSerializer.Serialize((object?[])[status?.Certificate, status?.Conditions ?? []], ObjectCodec.Options);
}
