using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates scheduling gates and topology spread constraints.</summary>
internal static class PlacementValidation
{
    private static readonly string[] Unsatisfiable = ["DoNotSchedule", "ScheduleAnyway"];
    private static readonly string[] InclusionPolicies = ["Honor", "Ignore"];

    public static void Validate(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        var readiness = spec.ReadinessGates.OrNone();
        for (var i = 0; i < readiness.Count; i++)
        {
            var type = readiness[i].ConditionType ?? "";
            errors.Invalid(path.Child("readinessGates").Index(i).Child("conditionType"), type, NameRules.IsQualifiedName(type));
        }

        ValidateGates(spec.SchedulingGates.OrNone(), path.Child("schedulingGates"), errors);
        var constraints = spec.TopologySpreadConstraints.OrNone();
        for (var i = 0; i < constraints.Count; i++)
            ValidateSpread(constraints, i, path.Child("topologySpreadConstraints").Index(i), errors);
    }

    private static void ValidateGates(IList<V1PodSchedulingGate> gates, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < gates.Count; i++)
        {
            var name = gates[i].Name ?? "";
            errors.Invalid(path.Index(i), name, NameRules.IsQualifiedName(name));
            if (gates.Take(i).Any(other => other.Name == name))
                errors.Duplicate(path.Index(i), name);
        }
    }

    private static void ValidateSpread(IList<V1TopologySpreadConstraint> all, int index, FieldPath path, FieldErrors errors)
    {
        var constraint = all[index];
        if (constraint.MaxSkew <= 0)
            errors.Invalid(path.Child("maxSkew"), constraint.MaxSkew, "must be greater than zero");
        if (string.IsNullOrEmpty(constraint.TopologyKey))
            errors.Required(path.Child("topologyKey"), "can not be empty");
        else
            errors.Invalid(path.Child("topologyKey"), constraint.TopologyKey, NameRules.IsQualifiedName(constraint.TopologyKey));
        if (!Unsatisfiable.Contains(constraint.WhenUnsatisfiable))
            errors.NotSupported(path.Child("whenUnsatisfiable"), constraint.WhenUnsatisfiable ?? "", Unsatisfiable);
        if (all.Take(index).Any(other => other.TopologyKey == constraint.TopologyKey && other.WhenUnsatisfiable == constraint.WhenUnsatisfiable))
            errors.Duplicate(path.Child("{topologyKey, whenUnsatisfiable}"), $"{{{constraint.TopologyKey}, {constraint.WhenUnsatisfiable}}}");
        ValidateMinDomains(constraint, path.Child("minDomains"), errors);
        ValidateInclusion(constraint.NodeAffinityPolicy, path.Child("nodeAffinityPolicy"), errors);
        ValidateInclusion(constraint.NodeTaintsPolicy, path.Child("nodeTaintsPolicy"), errors);
        LabelSelectorRules.Validate(constraint.LabelSelector, path.Child("labelSelector"), errors);
        LabelKeysValidation.Validate(constraint, path, errors);
    }

    private static void ValidateMinDomains(V1TopologySpreadConstraint constraint, FieldPath path, FieldErrors errors)
    {
        if (constraint.MinDomains is not { } domains)
            return;
        if (domains <= 0)
            errors.Invalid(path, domains, "must be greater than zero");
        if (constraint.WhenUnsatisfiable != "DoNotSchedule")
            errors.Invalid(path, domains, $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {constraint.WhenUnsatisfiable}");
    }

    private static void ValidateInclusion(string? policy, FieldPath path, FieldErrors errors)
    {
        if (policy is not null && !InclusionPolicies.Contains(policy))
            errors.NotSupported(path, policy, InclusionPolicies);
    }
}
