using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>Whether the controller may approve certificates for their requesters: the answer of a SubjectAccessReview, as far as this silo knows.</summary>
internal sealed class RequesterPermissions(RbacCaches caches)
{
    /// <summary>Whether a requester may create a subresource of certificate requests, such as <c>nodeclient</c>.</summary>
    public bool MayCreate(V1CertificateSigningRequestSpec spec, string subresource)
    {
        var user = new UserInfo(spec.Username ?? "", [.. spec.Groups ?? []], spec.Uid);
        return user.IsIn(WellKnownGroups.Masters) || caches.Index.Decide(user, new AccessAttributes
        {
            IsResource = true,
            Verb = Verbs.Create,
            Group = WellKnownResources.CertificateSigningRequests.Group,
            Version = "*",
            Resource = WellKnownResources.CertificateSigningRequests.Plural,
            Subresource = subresource,
        }).IsAllowed;
    }
}
