using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Approves the client certificates of nodes that ask for their own, or that join the cluster.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/certificates/approver.</remarks>
public sealed class CertificateApprovalReconciler : IReconciler
{
    /// <inheritdoc/>
    public string Name => "certificatesigningrequest-approving-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CertificateSigningRequests;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("certificate-controller");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1CertificateSigningRequest { Metadata.DeletionTimestamp: null } request
            || request.IsIssued
            || request.Condition(CertificateState.Approved) is not null
            || request.Condition(CertificateState.Denied) is not null
            || SigningRequest.Parse(request.Spec.Request) is not { } asked
            || NodeCertificateAccess.ReasonToApprove(request.Spec, asked) is not { } reason)
        {
            return Plan.Nothing;
        }

        var approved = ObjectCodec.Clone(request);
        approved.Add(CertificateState.Approved, "AutoApproved", reason);
        return new Plan { Actions = [new UpdateApproval(WellKnownResources.CertificateSigningRequests, approved)] };
    }
}
