using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.RoleAggregation;

/// <summary>Gives a ClusterRole with an aggregation rule the rules of all other ClusterRoles that it selects.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/clusterroleaggregation.</remarks>
public sealed class ClusterRoleAggregationReconciler : IReconciler
{
    private static readonly AllOfKind Roles = new(WellKnownResources.ClusterRoles)
    {
        Differ = (before, after) => PartOf(before) != PartOf(after),
        Depends = role => role is V1ClusterRole { AggregationRule: not null },
    };

    /// <inheritdoc/>
    public string Name => "clusterrole-aggregation-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.ClusterRoles;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [Roles];

    /// <inheritdoc/>
    public bool IsWorthALook(StoredObject primary) => primary.SharedModel<V1ClusterRole>().AggregationRule is not null;

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1ClusterRole { AggregationRule: { } aggregation, Metadata.DeletionTimestamp: null } role)
            return Plan.Nothing;

        var others = observation.Of<V1ClusterRole>(Roles).Where(other => other.Metadata.Name != role.Metadata.Name).OrderBy(other => other.Key).ToList();
        var rules = (aggregation.ClusterRoleSelectors ?? [])
            .Select(LabelSelector.From)
            .SelectMany(selector => others.Where(other => selector.Matches(other.Metadata.Labels)))
            .SelectMany(other => other.Rules ?? [])
            .DistinctBy(TextOf, StringComparer.Ordinal)
            .ToList();
        if (rules.Select(TextOf).SequenceEqual((role.Rules ?? []).Select(TextOf), StringComparer.Ordinal))
            return Plan.Nothing;
        var aggregated = ObjectCodec.Clone(role);
        aggregated.Rules = rules;
        return new Plan { Actions = [new UpdateObject(WellKnownResources.ClusterRoles, aggregated)] };
    }

    /// <summary>What other roles take of a role.</summary>
    private static string PartOf(KubeObject obj)
    {
        var role = (V1ClusterRole)obj;
        return JsonSerializer.Serialize((object?[])[role.Metadata.Labels, (role.Rules ?? []).Select(TextOf)], ObjectCodec.Options);
    }

    /// <summary>A rule as text. Absent and empty lists are the same.</summary>
    private static string TextOf(V1PolicyRule rule) => JsonSerializer.Serialize<IList<string>[]>(
        [rule.Verbs ?? [], rule.ApiGroups ?? [], rule.Resources ?? [], rule.ResourceNames ?? [], rule.NonResourceURLs ?? []], ObjectCodec.Options);
}
