using k8s.Models;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Writes into a certificate request who asks for it, which the approver relies on, and when its conditions came about.</summary>
internal sealed class CertificateRequestAdmission(TimeProvider time) : IAdmissionPlugin
{
    public ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Object is not V1CertificateSigningRequest asked)
            return ValueTask.CompletedTask;
        if (request.Operation == AdmissionOperation.Create && asked.Spec is { } spec)
        {
            spec.Username = request.Options.User.Name;
            spec.Groups = [.. request.Options.User.Groups];
            spec.Uid = request.Options.User.Uid;
            spec.Extra = request.Options.User.Extra.Count == 0
                ? null
                : request.Options.User.Extra.ToDictionary(item => item.Key, IList<string> (item) => [.. item.Value]);
        }
        else if (request.Operation == AdmissionOperation.Update && request.Subresource.Length > 0)
        {
            SetTimes(asked, request.Current as V1CertificateSigningRequest);
        }

        return ValueTask.CompletedTask;
    }

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
