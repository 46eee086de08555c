using OrleansOrchestrator.Kinds.Certificates;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Who gets the client certificate of a node without anybody's approval.</summary>
/// <remarks>
/// The same groups to which kubeadm binds <c>certificatesigningrequests/nodeclient</c> and <c>/selfnodeclient</c>. Roles that bind them
/// to others do not count yet.
/// </remarks>
internal static class NodeCertificateAccess
{
    private const string Masters = "system:masters";
    private const string Bootstrappers = "system:bootstrappers";
    private const string Nodes = "system:nodes";

    /// <summary>Why the request is approved at once; null if somebody must approve it.</summary>
    public static string? ReasonToApprove(V1CertificateSigningRequestSpec spec, SigningRequest request)
    {
        if (spec.SignerName != SignerRules.NodeClient || SignerRules.FaultOf(SignerRules.NodeClient, request, [.. spec.Usages ?? []]) is not null)
            return null;
        if (spec.Username == request.CommonName && IsInAny(spec, Nodes, Masters))
            return "Auto approving self kubelet client certificate after SubjectAccessReview.";
        return IsInAny(spec, Bootstrappers, Masters) ? "Auto approving kubelet client certificate after SubjectAccessReview." : null;
    }

    private static bool IsInAny(V1CertificateSigningRequestSpec spec, params string[] groups) => spec.Groups?.Any(groups.Contains) is true;
}
