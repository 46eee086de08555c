using System.Security.Cryptography;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Signs approved certificate requests to the cluster's signers, and says of others why it does not.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/certificates/signer.</remarks>
/// <param name="signer">Signs with the key of the cluster's authority.</param>
public sealed class CertificateSigningReconciler(ClusterSigner signer) : IReconciler
{
    // As kube-controller-manager's --cluster-signing-duration.
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromMinutes(10);

    // Clocks of machines differ a little. Certificates with a short life get it whole.
    private static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortLife = TimeSpan.FromHours(8);

    /// <inheritdoc/>
    public string Name => "certificatesigningrequest-signing-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CertificateSigningRequests;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("certificate-controller");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (signer.Sign is not { } sign
            || observation.Primary is not V1CertificateSigningRequest { Metadata.DeletionTimestamp: null } request
            || request.IsIssued
            || request.Condition(CertificateState.Approved) is null
            || request.Condition(CertificateState.Denied) is not null
            || request.Condition(CertificateState.Failed) is not null
            || !SignerRules.Has(request.Spec.SignerName))
        {
            return Plan.Nothing;
        }

        string[] usages = [.. request.Spec.Usages ?? []];
        var written = PatchObject.OfStatusAsObserved(Primary, request, changed =>
        {
            if (SigningRequest.Parse(request.Spec.Request) is not { } asked)
                Fail(changed, SigningRequest.FaultOfUnreadable);
            else if (SignerRules.FaultOf(request.Spec.SignerName, asked, usages) is { } fault)
                Fail(changed, fault);
            else
                Sign(changed, sign, OrderOf(asked, usages, LifetimeOf(request), observation.Now));
        });
        return written is null ? Plan.Nothing : new Plan { Actions = [written] };
    }

    private static void Sign(V1CertificateSigningRequest request, Func<CertificateOrder, byte[]> sign, CertificateOrder order)
    {
        try
        {
            (request.Status ??= new V1CertificateSigningRequestStatus()).Certificate = sign(order);
        }
        catch (Exception unsignable) when (unsignable is CryptographicException or ArgumentException)
        {
            // Whatever a sender has put into a request, it must not hold up the controller.
            Fail(request, $"the certificate cannot be encoded: {unsignable.Message}");
        }
    }

    private static void Fail(V1CertificateSigningRequest request, string fault) =>
        request.Add(CertificateState.Failed, "SignerValidationFailure", fault);

    private static TimeSpan LifetimeOf(V1CertificateSigningRequest request)
    {
        var wanted = request.Spec.ExpirationSeconds is { } seconds ? Waits.Seconds(seconds) : LongestLifetime;
        return wanted > LongestLifetime ? LongestLifetime : wanted < ShortestLifetime ? ShortestLifetime : wanted;
    }

    private static CertificateOrder OrderOf(SigningRequest asked, string[] usages, TimeSpan lifetime, DateTimeOffset now) => new(
        asked.Subject,
        asked.Key,
        asked.Names,
        SignerRules.KeyUsagesOf(usages),
        SignerRules.PurposesOf(usages),
        now - Backdate,
        lifetime < ShortLife ? now + lifetime : now + lifetime - Backdate);
}
