using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>
/// Approves the client certificates of nodes: of machines that join, and of nodes that renew their own. Everything else waits for an
/// administrator.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/certificates/approver. Beyond that, nobody who joins gets the name of a node that exists: it
/// would get the secrets of that node's pods. An administrator approves it, or deletes the Node first.
/// </remarks>
/// <param name="access">Whether requesters may get what they ask for.</param>
public sealed class CertificateApprovalReconciler(RequesterAccess access) : IReconciler
{
    private const string Approval = "approval";
    private const string Reason = "AutoApproved";
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private static readonly NamedByPrimary Nodes = new(WellKnownResources.Nodes, NodeOf)
    {
        // Nodes change all the time. A request that waits for one to go is looked at again.
        IsWatched = false,
        NeedsNewest = static (primary, node) => node is null && IsOpen((V1CertificateSigningRequest)primary),
    };

    /// <inheritdoc/>
    public string Name => "certificatesigningrequest-approving-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CertificateSigningRequests;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("certificate-controller");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Nodes];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1CertificateSigningRequest request || !IsOpen(request) || Read(request) is not { } asked)
            return Plan.Nothing;
        var exists = observation.Related(Nodes).Count > 0;
        var message = IsOwn(request, asked) && access.MayCreate(request.Spec, "selfnodeclient")
            ? "Auto approving self kubelet client certificate after SubjectAccessReview."
            : !exists && access.MayCreate(request.Spec, "nodeclient") ? "Auto approving kubelet client certificate after SubjectAccessReview." : null;
        if (message is not null)
        {
            return Change(request, changed =>
            {
                changed.Remove(NodeSigners.NodeExists);
                changed.Add(CertificateState.Approved, Reason, message);
            });
        }

        // The roles that allow it may come later.
        if (!exists || !access.MayCreate(request.Spec, "nodeclient"))
            return new Plan { RequeueAfter = LookAgain };
        var waits = request.Condition(NodeSigners.NodeExists) is null
            ? Change(request, changed => changed.Add(NodeSigners.NodeExists, NodeSigners.NodeExists, WhyNot(NodeNameOf(asked))))
            : Plan.Nothing;
        return waits with { RequeueAfter = LookAgain };
    }

    private Plan Change(V1CertificateSigningRequest request, Action<V1CertificateSigningRequest> change) =>
        PatchObject.OfStatusAsObserved(Primary, request, change) is { } patch ? new Plan { Actions = [patch with { Part = Approval }] } : Plan.Nothing;

    private static string WhyNot(string node) =>
        $"a Node with name \"{node}\" already exists in the cluster, and who gets its certificate gets the secrets of its pods. You must delete the existing Node or change the name of this new joining Node";

    private static bool IsOpen(V1CertificateSigningRequest request) =>
        request is { Metadata.DeletionTimestamp: null, Spec.SignerName: NodeSigners.Client }
        && !request.IsIssued
        && request.Condition(CertificateState.Approved) is null
        && request.Condition(CertificateState.Denied) is null
        && request.Condition(CertificateState.Failed) is null;

    /// <summary>Reads a request that the signer would sign, and that names a node which can exist; null if it does not.</summary>
    private static SigningRequest? Read(V1CertificateSigningRequest request) =>
        SigningRequest.Parse(request.Spec.Request) is { } asked
        && SignerRules.FaultOf(NodeSigners.Client, asked, [.. request.Spec.Usages ?? []]) is null
        && NameRules.IsDns1123Subdomain(NodeNameOf(asked)).Count == 0
            ? asked
            : null;

    private static bool IsOwn(V1CertificateSigningRequest request, SigningRequest asked) => request.Spec.Username == asked.Subject.CommonName;

    private static string NodeNameOf(SigningRequest asked) => asked.Subject.CommonName[NodeSigners.UserPrefix.Length..];

    private static IEnumerable<ObjectKey> NodeOf(KubeObject primary) =>
        primary is V1CertificateSigningRequest request && IsOpen(request) && Read(request) is { } asked ? [new ObjectKey("", NodeNameOf(asked))] : [];
}
