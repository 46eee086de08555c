using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>Refuses roles and bindings that grant more than their writer may do, unless the writer may <c>escalate</c> the role or <c>bind</c> it.</summary>
/// <remarks>As k8s.io/kubernetes/pkg/registry/rbac (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).</remarks>
internal sealed class EscalationAdmission(AuthorizerChain authorizers, RbacCaches caches) : IValidatingAdmission
{
    // More would make a refusal of many megabytes.
    private const int MissingShownMax = 500;

    private static readonly V1PolicyRule[] Everything =
    [
        new V1PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new V1PolicyRule { Verbs = ["*"], NonResourceURLs = ["*"] },
    ];

    public string Name => "RBACEscalation";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create or AdmissionOperation.Update, Subresource: "", Object: V1Role or V1ClusterRole or V1RoleBinding or V1ClusterRoleBinding }
        && !request.User.IsIn(WellKnownGroups.Masters);

    public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken) => request.Object switch
    {
        _ when ChangesNothingButOwnersAndFinalizers(request) => ValueTask.CompletedTask,
        V1RoleBinding binding => AdmitBindingAsync(request, binding.RoleRef, cancellationToken),
        V1ClusterRoleBinding binding => AdmitBindingAsync(request, binding.RoleRef, cancellationToken),
        V1Role role => AdmitRoleAsync(request, role.Rules, isAggregated: false, cancellationToken),
        V1ClusterRole role => AdmitRoleAsync(
            request, role.Rules, IsAggregated(role) || (request.OldObject is V1ClusterRole before && IsAggregated(before)), cancellationToken),
        _ => ValueTask.CompletedTask,
    };

    private async ValueTask AdmitRoleAsync(AdmissionRequest request, IList<V1PolicyRule>? rules, bool isAggregated, CancellationToken cancellationToken)
    {
        // The name of a new role is not part of the request, as in Kubernetes.
        if (await MayAsync(request, Verbs.Escalate, request.Definition.Name, request.Operation == AdmissionOperation.Create ? "" : request.Key.Name, cancellationToken))
            return;
        await RequireAsync(request, rules ?? [], cancellationToken);
        if (isAggregated && await MissingOfAsync(request, Everything, cancellationToken) is { Count: > 0 })
            throw ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, "must have cluster-admin privileges to use the aggregationRule");
    }

    private async ValueTask AdmitBindingAsync(AdmissionRequest request, V1RoleRef? role, CancellationToken cancellationToken)
    {
        if (RbacIndex.RoleOf(role, request.Key.Namespace) is not { } key)
            return;
        var resource = key.Namespace.Length == 0 ? WellKnownResources.ClusterRoles : WellKnownResources.Roles;
        if (await MayAsync(request, Verbs.Bind, resource, key.Name, cancellationToken))
            return;
        await caches.EnsureCurrentAsync(cancellationToken);
        await RequireAsync(request, caches.Index.RulesOf(key) ?? throw ApiErrors.NotFound(resource, key.Name), cancellationToken);
    }

    private async ValueTask<bool> MayAsync(AdmissionRequest request, string verb, ResourceName resource, string name, CancellationToken cancellationToken)
    {
        var access = new AccessAttributes
        {
            IsResource = true,
            Verb = verb,
            Group = resource.Group,
            Version = "*",
            Resource = resource.Plural,
            Namespace = request.Key.Namespace,
            Name = name,
        };
        return (await authorizers.DecideAsync(request.User, access, cancellationToken)).IsAllowed;
    }

    private async ValueTask RequireAsync(AdmissionRequest request, IEnumerable<V1PolicyRule> rules, CancellationToken cancellationToken)
    {
        if (await MissingOfAsync(request, rules, cancellationToken) is not { Count: > 0 } missing)
            return;
        var texts = missing.Take(MissingShownMax).Select(RuleCoverage.TextOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var more = missing.Count > MissingShownMax ? $"\n… and {missing.Count - MissingShownMax} more" : "";
        var fault = caches.Index.RulesOf(request.User, request.Key.Namespace).Fault;
        throw ApiErrors.Forbidden(
            request.Definition.Name,
            request.Key.Name,
            $"user {GoSyntax.Quote(request.User.Name)} (groups={GoList.Of(request.User.Groups)}) is attempting to grant RBAC permissions not currently held:\n"
            + string.Join('\n', texts) + more + (fault.Length == 0 ? "" : $"; resolution errors: [{fault}]"));
    }

    private async ValueTask<IReadOnlyList<V1PolicyRule>> MissingOfAsync(AdmissionRequest request, IEnumerable<V1PolicyRule> rules, CancellationToken cancellationToken)
    {
        await caches.EnsureCurrentAsync(cancellationToken);
        var held = caches.Index.RulesOf(request.User, request.Key.Namespace).Rules;
        if (RuleCoverage.ComparisonsOf(held, rules) > RuleCoverage.ComparisonsMax)
        {
            throw ApiErrors.Forbidden(
                request.Definition.Name, request.Key.Name, "its rules are too many to be compared with those of the user; split the role, or get the verb escalate or bind");
        }

        return RuleCoverage.Missing(held, rules);
    }

    private static bool IsAggregated(V1ClusterRole role) => role.AggregationRule?.ClusterRoleSelectors is { Count: > 0 };

    /// <summary>Whether an update only lets the object be deleted. It grants nothing.</summary>
    private static bool ChangesNothingButOwnersAndFinalizers(AdmissionRequest request)
    {
        if (request is not { Operation: AdmissionOperation.Update, OldObject: { } before, Object: KubeObject updated })
            return false;
        return WithoutOwners(updated).SequenceEqual(WithoutOwners(before));

        static byte[] WithoutOwners(KubeObject obj)
        {
            var copy = (KubeObject)CustomObject.DecodeLike(obj, ObjectCodec.EncodeAny(obj));
            copy.Metadata.OwnerReferences = null;
            copy.Metadata.Finalizers = null;
            copy.Metadata.ManagedFields = null;
            copy.Metadata.ResourceVersion = null;
            return ObjectCodec.EncodeAny(copy);
        }
    }
}
