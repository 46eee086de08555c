using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Writes into a certificate request who made it, which the approver relies on, and when its conditions changed. Refuses certificates
/// of users who may do everything.
/// </summary>
/// <remarks>The latter as the admission plug-in CertificateSubjectRestriction, k8s.io/kubernetes/plugin/pkg/admission/certificates/subjectrestriction.</remarks>
internal sealed class CertificateRequestAdmission(TimeProvider time) : IMutatingAdmission, IValidatingAdmission
{
    private const string ClientSigner = "kubernetes.io/kube-apiserver-client";

    public string Name => "CertificateRequest";

    public bool Handles(AdmissionRequest request) => request.Object is V1CertificateSigningRequest;

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var asked = (V1CertificateSigningRequest)request.Object!;
        if (request.Operation == AdmissionOperation.Create && asked.Spec is { } spec)
        {
            spec.Username = request.User.Name;
            spec.Groups = [.. request.User.Groups];
            spec.Uid = request.User.Uid;
            spec.Extra = request.User.Extra.Count == 0
                ? null
                : request.User.Extra.ToDictionary(item => item.Key, IList<string> (item) => [.. item.Value]);
        }
        else if (request.Operation == AdmissionOperation.Update && request.Subresource.Length > 0)
        {
            SetTimes(asked, request.OldObject as V1CertificateSigningRequest);
        }

        return ValueTask.FromResult(request);
    }

    public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var asked = (V1CertificateSigningRequest)request.Object!;
        return request.Operation == AdmissionOperation.Create && asked.Spec?.SignerName == ClientSigner && FaultOf(asked.Spec) is { } fault
            ? throw ApiErrors.Forbidden(WellKnownResources.CertificateSigningRequests, request.Key.Name, fault)
            : ValueTask.CompletedTask;
    }

    // What cannot be read might hide the group.
    private static string? FaultOf(V1CertificateSigningRequestSpec spec) => SigningRequest.Parse(spec.Request) is not { } asked
        ? SigningRequest.FaultOfUnreadable
        : asked.Subject.Organizations.Contains(WellKnownGroups.Masters)
            ? $"use of {ClientSigner} signer with {WellKnownGroups.Masters} group is not allowed"
            : null;

    private void SetTimes(V1CertificateSigningRequest updated, V1CertificateSigningRequest? current)
    {
        var now = ObjectMetaRules.TruncateToSeconds(time.GetUtcNow());
        foreach (var condition in updated.Status?.Conditions ?? [])
        {
            condition.LastUpdateTime ??= now;
            condition.LastTransitionTime ??= (current?.Status?.Conditions ?? [])
                .FirstOrDefault(before => before.Type == condition.Type && before.Status == condition.Status)?.LastTransitionTime ?? now;
        }
    }
}
