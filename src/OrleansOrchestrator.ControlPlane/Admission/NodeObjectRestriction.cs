using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Limits what a node says of itself in its Node: nothing that draws pods to it that are meant for others.</summary>
/// <remarks>See https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction.</remarks>
internal static class NodeObjectRestriction
{
    private const string RestrictionDomain = "node-restriction.kubernetes.io";

    public static void Admit(string node, AdmissionRequest request)
    {
        if (request.Key.Name != node)
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to modify node \"{request.Key.Name}\"");
        if (request.Object is not V1Node updated)
            return;
        if (request.Operation == AdmissionOperation.Create)
            AdmitNew(node, updated, request);
        else if (request is { Operation: AdmissionOperation.Update, OldObject: V1Node current })
            AdmitChange(node, updated, current, request);
    }

    /// <summary>Whether two maps have the same entries; none is like an empty one.</summary>
    public static bool AreEqual(IDictionary<string, string>? left, IDictionary<string, string>? right) => !ChangedKeys(left, right).Any();

    private static void AdmitNew(string node, V1Node created, AdmissionRequest request)
    {
        if (created.Spec?.ConfigSource is not null)
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to create pods with a non-nil configSource");
        if (created.Metadata.OwnerReferences is { Count: > 0 })
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to modify ownerReferences");
        if (ForbiddenLabels(created.Metadata.Labels, null) is { Length: > 0 } labels)
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to set the following labels: {labels}");
        RefuseOwnRanges(node, created, null, request);
    }

    private static void AdmitChange(string node, V1Node updated, V1Node current, AdmissionRequest request)
    {
        if (updated.Spec?.ConfigSource is { } source && !SemanticEquality.Equal(source, current.Spec?.ConfigSource))
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to update configSource to a new non-nil configSource");
        if (!SemanticEquality.Equal(updated.Spec?.Taints, current.Spec?.Taints))
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to modify taints");
        if (!SemanticEquality.Equal(updated.Metadata.OwnerReferences, current.Metadata.OwnerReferences))
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to modify ownerReferences");
        if (ForbiddenLabels(updated.Metadata.Labels, current.Metadata.Labels) is { Length: > 0 } labels)
            throw NodeRestrictionAdmission.Refuse(request, $"is not allowed to modify labels: {labels}");
        RefuseOwnRanges(node, updated, current, request);
    }

    /// <summary>Other nodes send the packets of a range to its node, so that no node takes one by itself.</summary>
    private static void RefuseOwnRanges(string node, V1Node updated, V1Node? current, AdmissionRequest request)
    {
        if (request.Choices.Chosen.IsEmpty && !SemanticEquality.Equal(updated.Spec?.PodCIDRs, current?.Spec?.PodCIDRs))
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" is not allowed to set podCIDRs");
    }

    private static string ForbiddenLabels(IDictionary<string, string>? updated, IDictionary<string, string>? current) =>
        string.Join(", ", ChangedKeys(updated, current).Where(IsForbidden).Order(StringComparer.Ordinal));

    private static IEnumerable<string> ChangedKeys(IDictionary<string, string>? updated, IDictionary<string, string>? current) =>
        (updated?.Keys ?? []).Concat(current?.Keys ?? []).Distinct(StringComparer.Ordinal).Where(key => ValueOf(updated, key) != ValueOf(current, key));

    private static string? ValueOf(IDictionary<string, string>? map, string key) => map is not null && map.TryGetValue(key, out var value) ? value : null;

    private static bool IsForbidden(string label) => KubeletLabels.IsIn(KubeletLabels.DomainOf(label), RestrictionDomain) || KubeletLabels.IsForeign(label);
}
