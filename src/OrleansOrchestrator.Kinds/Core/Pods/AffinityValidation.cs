using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates affinity and anti-affinity, to nodes and to other pods.</summary>
internal static class AffinityValidation
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "preferredDuringSchedulingIgnoredDuringExecution";

    public static void Validate(V1Affinity? affinity, FieldPath path, FieldErrors errors)
    {
        if (affinity?.NodeAffinity is { } nodes)
            ValidateNodes(nodes, path.Child("nodeAffinity"), errors);
        if (affinity?.PodAffinity is { } pods)
        {
            ValidatePods(pods.RequiredDuringSchedulingIgnoredDuringExecution, pods.PreferredDuringSchedulingIgnoredDuringExecution,
                path.Child("podAffinity"), errors);
        }

        if (affinity?.PodAntiAffinity is { } others)
        {
            ValidatePods(others.RequiredDuringSchedulingIgnoredDuringExecution, others.PreferredDuringSchedulingIgnoredDuringExecution,
                path.Child("podAntiAffinity"), errors);
        }
    }

    private static void ValidateNodes(V1NodeAffinity affinity, FieldPath path, FieldErrors errors)
    {
        if (affinity.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
            NodeSelectorRules.Validate(required, path.Child(Required), errors);
        var preferred = affinity.PreferredDuringSchedulingIgnoredDuringExecution.OrNone();
        for (var i = 0; i < preferred.Count; i++)
        {
            var at = path.Child(Preferred).Index(i);
            ValidateWeight(preferred[i].Weight, at, errors);
            NodeSelectorRules.ValidateTerm(preferred[i].Preference, at.Child("preference"), errors);
        }
    }

    private static void ValidatePods(
        IList<V1PodAffinityTerm>? required, IList<V1WeightedPodAffinityTerm>? preferred, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < required.OrNone().Count; i++)
            ValidateTerm(required![i], path.Child(Required).Index(i), errors);
        for (var i = 0; i < preferred.OrNone().Count; i++)
        {
            var at = path.Child(Preferred).Index(i);
            ValidateWeight(preferred![i].Weight, at, errors);
            ValidateTerm(preferred[i].PodAffinityTerm, at.Child("podAffinityTerm"), errors);
        }
    }

    private static void ValidateTerm(V1PodAffinityTerm? term, FieldPath path, FieldErrors errors)
    {
        LabelSelectorRules.Validate(term?.LabelSelector, path.Child("labelSelector"), errors);
        LabelSelectorRules.Validate(term?.NamespaceSelector, path.Child("namespaceSelector"), errors);
        foreach (var name in (term?.Namespaces).OrNone())
            errors.Invalid(path.Child("namespace"), name, NameRules.IsDns1123Label(name));
        if (string.IsNullOrEmpty(term?.TopologyKey))
            errors.Required(path.Child("topologyKey"), "can not be empty");
        if (term is not null)
            LabelKeysValidation.Validate(term, path, errors);
        errors.Invalid(path.Child("topologyKey"), term?.TopologyKey ?? "", NameRules.IsQualifiedName(term?.TopologyKey ?? ""));
    }

    private static void ValidateWeight(int weight, FieldPath path, FieldErrors errors)
    {
        if (weight is < 1 or > 100)
            errors.Invalid(path.Child("weight"), weight, "must be in the range 1-100");
    }
}
