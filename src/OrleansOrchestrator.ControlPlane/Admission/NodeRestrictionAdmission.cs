using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.NodeAccess;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Limits what node daemons write: to their own Node, lease and volumes, and to the pods that are bound to them.</summary>
/// <remarks>
/// See the admission plug-in NodeRestriction, k8s.io/kubernetes/plugin/pkg/admission/noderestriction. The node authorizer has let the
/// request through by its path; here its content is known.
/// </remarks>
internal sealed class NodeRestrictionAdmission(AdmissionReader reader) : IValidatingAdmission
{
    private const string NodeLeases = "kube-node-lease";

    public string Name => "NodeRestriction";

    public bool Handles(AdmissionRequest request) => NodeIdentity.NodeOf(request.User) is not null;

    public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var node = NodeIdentity.NodeOf(request.User)!;
        if (node.Length == 0)
            throw Refuse(request, $"could not determine node from user \"{request.User.Name}\"");
        var resource = request.Definition.Name;
        if (resource == WellKnownResources.Pods)
            return AdmitPodAsync(node, request, cancellationToken);
        if (resource == WellKnownResources.ServiceAccounts)
            return AdmitTokenAsync(node, request, cancellationToken);
        if (resource == WellKnownResources.Nodes)
            NodeObjectRestriction.Admit(node, request);
        else if (resource == WellKnownResources.Leases)
            AdmitLease(node, request);
        else if (resource == WellKnownResources.CsiNodes)
            AdmitCsiNode(node, request);
        else if (resource == WellKnownResources.PersistentVolumeClaims)
            throw Refuse(request, "may only update PVC status");
        else if (resource == WellKnownResources.PersistentVolumes)
            LocalFolderRestriction.Admit(node, request);
        else if (resource == WellKnownResources.CertificateSigningRequests)
            AdmitCertificate(node, request);
        return ValueTask.CompletedTask;
    }

    /// <summary>The refusal of a request.</summary>
    internal static ApiException Refuse(AdmissionRequest request, string why) => ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, why);

    private async ValueTask AdmitPodAsync(string node, AdmissionRequest request, CancellationToken cancellationToken)
    {
        switch (request.Subresource, request.Operation)
        {
            case ("", AdmissionOperation.Create):
                await AdmitMirrorAsync(node, request, cancellationToken);
                break;
            case ("", AdmissionOperation.Delete) when (request.OldObject as V1Pod)?.Spec?.NodeName != node:
                throw Refuse(request, $"node \"{node}\" can only delete pods with spec.nodeName set to itself");
            case ("", AdmissionOperation.Delete):
                break;
            case ("", _):
                throw Refuse(request, $"unexpected operation \"{Verb(request)}\", node \"{node}\" can only create and delete mirror pods");
            case ("status", AdmissionOperation.Update):
                AdmitPodStatus(node, request);
                break;
            case ("eviction", AdmissionOperation.Create):
                var evicted = await reader.FindAsync(WellKnownResources.Pods, request.Key, cancellationToken);
                if (evicted is not null && evicted.Field("spec.nodeName") != node)
                    throw Refuse(request, $"node {node} can only evict pods with spec.nodeName set to itself");
                break;
            case ("status" or "eviction", _):
                throw Refuse(request, $"unexpected operation \"{Verb(request)}\"");
            default:
                throw Refuse(request, $"unexpected pod subresource \"{request.Subresource}\", only 'status' and 'eviction' are allowed");
        }
    }

    private static string Verb(AdmissionRequest request) => request.Operation.ToString().ToUpperInvariant();

    private async ValueTask AdmitMirrorAsync(string node, AdmissionRequest request, CancellationToken cancellationToken)
    {
        var pod = (V1Pod)request.Object!;
        if (!pod.IsMirror)
            throw Refuse(request, $"pod does not have \"{StaticPods.MirrorAnnotation}\" annotation, node \"{node}\" can only create mirror pods");
        if (pod.Spec?.NodeName != node)
            throw Refuse(request, $"node \"{node}\" can only create pods with spec.nodeName set to itself");
        await AdmitOwnerAsync(node, pod, request, cancellationToken);
        if (!string.IsNullOrEmpty(pod.Spec.ServiceAccountName))
            throw Refuse(request, $"node \"{node}\" can not create pods that reference a service account");
        var kinds = PodReferences.Of(pod).Select(reference => reference.Kind).ToHashSet();
        foreach (var (kind, plural) in new[]
        {
            (RelatedKind.Secret, "secrets"), (RelatedKind.ConfigMap, "configmaps"), (RelatedKind.PersistentVolumeClaim, "persistentvolumeclaims"),
            (RelatedKind.ResourceClaim, "resourceclaims"),
        })
        {
            if (kinds.Contains(kind))
                throw Refuse(request, $"node \"{node}\" can not create pods that reference {plural}");
        }

        var sources = (pod.Spec.Volumes ?? []).SelectMany(volume => volume.Projected?.Sources ?? []).ToList();
        if (sources.Exists(source => source.ClusterTrustBundle is not null))
            throw Refuse(request, $"node \"{node}\" can not create pods that reference clustertrustbundles");
        if (sources.Exists(source => source.ServiceAccountToken is not null))
            throw Refuse(request, $"node \"{node}\" can not create pods that reference a service account");
        if (pod.Spec.ResourceClaims is { Count: > 0 })
            throw Refuse(request, $"node \"{node}\" can not create pods that reference resourceclaims");
    }

    private async ValueTask AdmitOwnerAsync(string node, V1Pod pod, AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (pod.Metadata.OwnerReferences is { Count: > 1 })
            throw Refuse(request, $"node \"{node}\" can only create pods with a single owner reference set to itself");
        if (pod.Metadata.OwnerReferences is not [{ ApiVersion: "v1", Kind: "Node" } owner] || owner.Name != node)
            throw Refuse(request, $"node \"{node}\" can only create pods with an owner reference set to itself");
        if (owner.Controller is not true)
            throw Refuse(request, $"node \"{node}\" can only create pods with a controller owner reference set to itself");
        if (owner.BlockOwnerDeletion is true)
            throw Refuse(request, $"node \"{node}\" must not set blockOwnerDeletion on an owner reference");
        var own = await reader.FindAsync(WellKnownResources.Nodes, new ObjectKey("", node), cancellationToken) ?? throw ApiErrors.NotFound(WellKnownResources.Nodes, node);
        if (own.Uid != owner.Uid)
            throw Refuse(request, $"node {node} UID mismatch: expected {owner.Uid} got {own.Uid}");
    }

    private static void AdmitPodStatus(string node, AdmissionRequest request)
    {
        var (updated, current) = ((V1Pod)request.Object!, (V1Pod)request.OldObject!);
        if (current.Spec?.NodeName != node)
            throw Refuse(request, $"node \"{node}\" can only update pod status for pods with spec.nodeName set to itself");
        if (!NodeObjectRestriction.AreEqual(updated.Metadata.Labels, current.Metadata.Labels))
            throw Refuse(request, $"node \"{node}\" cannot update labels through pod status");
        var (after, before) = (updated.Status?.ResourceClaimStatuses ?? [], current.Status?.ResourceClaimStatuses ?? []);
        if (!after.Select(claim => (claim.Name, claim.ResourceClaimName)).SequenceEqual(before.Select(claim => (claim.Name, claim.ResourceClaimName))))
            throw Refuse(request, $"node \"{node}\" cannot update resource claim statues");
        if (updated.IsMirror != current.IsMirror)
            throw Refuse(request, $"node \"{node}\" cannot change whether a pod is a mirror pod");
    }

    /// <summary>A token must end with its pod, which must be on the node and want such a token.</summary>
    private async ValueTask AdmitTokenAsync(string node, AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request is not { Operation: AdmissionOperation.Create, Subresource: "token", Object: Authenticationv1TokenRequest asked })
            throw Refuse(request, "can only create token subresource of serviceaccount");
        if (asked.Spec?.BoundObjectRef is not { ApiVersion: "v1", Kind: "Pod", Name.Length: > 0 } reference)
            throw Refuse(request, "node requested token not bound to a pod");
        if (string.IsNullOrEmpty(reference.Uid))
            throw Refuse(request, "node requested token with a pod binding without a uid");
        var found = await reader.FindAsync(WellKnownResources.Pods, new ObjectKey(request.Key.Namespace, reference.Name), cancellationToken)
            ?? throw ApiErrors.NotFound(WellKnownResources.Pods, reference.Name);
        if (reference.Uid != found.Uid)
        {
            throw Refuse(
                request,
                $"the UID in the bound object reference ({reference.Uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }

        if (found.Field("spec.nodeName") != node)
            throw Refuse(request, "node requested token bound to a pod scheduled on a different node");
        var pod = found.SharedModel<V1Pod>();
        if (pod.IsMirror)
            throw Refuse(request, "node requested token bound to a mirror pod");
        if (asked.Spec.Audiences is { Count: > 1 })
            throw Refuse(request, "node may only request 0 or 1 audiences");
        var audience = asked.Spec.Audiences is [{ } only] ? only : "";
        if (!Wants(pod, audience))
            throw Refuse(request, $"audience \"{audience}\" not found in pod spec volume, {request.User.Name} is not authorized to request tokens for this audience");
    }

    private static bool Wants(V1Pod pod, string audience) => (pod.Spec?.Volumes ?? [])
        .SelectMany(volume => volume.Projected?.Sources ?? [])
        .Any(source => source.ServiceAccountToken is { } token && (token.Audience ?? "") == audience);

    private static void AdmitLease(string node, AdmissionRequest request)
    {
        if (request.Key.Namespace != NodeLeases)
            throw Refuse(request, $"can only access leases in the \"{NodeLeases}\" system namespace");
        if (request.Key.Name != node)
            throw Refuse(request, "can only access node lease with the same name as the requesting node");
    }

    private static void AdmitCsiNode(string node, AdmissionRequest request)
    {
        if (request.Key.Name != node)
            throw Refuse(request, "can only access CSINode with the same name as the requesting node");
    }

    /// <summary>A node asks for certificates in its own name only. The signer checks the rest.</summary>
    private static void AdmitCertificate(string node, AdmissionRequest request)
    {
        if (request is not { Operation: AdmissionOperation.Create, Object: V1CertificateSigningRequest { Spec: { } spec } } || !NodeSigners.Has(spec.SignerName))
            return;
        if (SigningRequest.Parse(spec.Request) is not { } asked)
            throw Refuse(request, $"unable to parse csr: {SigningRequest.FaultOfUnreadable}");
        if (asked.Subject.CommonName != WellKnownGroups.NodeUserPrefix + node)
            throw Refuse(request, $"can only create a node CSR with CN={WellKnownGroups.NodeUserPrefix}{node}");
    }
}
