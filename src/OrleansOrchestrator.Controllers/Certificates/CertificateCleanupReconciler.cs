using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Deletes certificate requests that nobody needs any more: an hour after they were answered, or a day after nobody did.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/certificates/cleaner.</remarks>
public sealed class CertificateCleanupReconciler : IReconciler
{
    private static readonly TimeSpan KeptWhenAnswered = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptWhenPending = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    public string Name => "certificatesigningrequest-cleaner-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CertificateSigningRequests;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("certificate-controller");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1CertificateSigningRequest { Metadata.DeletionTimestamp: null } request || EndOf(request) is not { } end)
            return Plan.Nothing;
        var rest = end - observation.Now;
        return rest > TimeSpan.Zero
            ? new Plan { RequeueAfter = rest }
            : new Plan { Actions = [new DeleteObject(Primary, request.Key, request.Metadata.Uid) { ResourceVersion = request.Metadata.ResourceVersion }] };
    }

    private static DateTimeOffset? EndOf(V1CertificateSigningRequest request)
    {
        var created = ApiTime.Read(request.Metadata.CreationTimestamp);
        var ends = new List<DateTimeOffset?>();
        foreach (var type in new[] { CertificateState.Denied, CertificateState.Failed })
            ends.Add(SinceOf(request.Condition(type)) + KeptWhenAnswered);
        if (request.Condition(CertificateState.Approved) is { } approved)
            ends.Add(SinceOf(approved) + (request.IsIssued ? KeptWhenAnswered : KeptWhenPending));
        else if (request.Status?.Conditions is not { Count: > 0 })
            ends.Add(created + KeptWhenPending);
        if (request.Status?.Certificate is { Length: > 0 } issued)
            ends.Add(ExpiryOf(issued));
        return ends.Min();

        DateTimeOffset? SinceOf(V1CertificateSigningRequestCondition? condition) =>
            condition is null ? null : ApiTime.Read(condition.LastUpdateTime ?? condition.LastTransitionTime) ?? created;
    }

    private static DateTimeOffset? ExpiryOf(byte[] pem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem));
            return certificate.NotAfter;
        }
        catch (CryptographicException)
        {
            // Another signer may have written anything.
            return null;
        }
    }
}
