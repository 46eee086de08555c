using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>The warnings about deprecated labels of nodes.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/node/util.go.</remarks>
internal static class NodeLabelWarnings
{
    private static readonly FrozenDictionary<string, string> Deprecated = new Dictionary<string, string>
    {
        ["beta.kubernetes.io/arch"] = "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        ["beta.kubernetes.io/os"] = "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        ["failure-domain.beta.kubernetes.io/region"] = "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        ["failure-domain.beta.kubernetes.io/zone"] = "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        ["beta.kubernetes.io/instance-type"] = "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        ["app.kubernetes.io/created-by"] = "deprecated since v1.9",
        ["scheduler.alpha.kubernetes.io/preferAvoidPods"] = "deprecated since v1.22; use Taints and Tolerations instead",
        ["node-role.kubernetes.io/master"] = "use \"node-role.kubernetes.io/control-plane\" instead",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Warns of a label at a path that contains the label.</summary>
    public static void Add(string label, string at, List<string> warnings)
    {
        if (Deprecated.TryGetValue(label, out var text))
            warnings.Add($"{at}: {text}");
    }

    /// <summary>Warns of a label at a path that does not contain the label.</summary>
    public static void AddUse(string? label, FieldPath at, List<string> warnings)
    {
        if (label is not null && Deprecated.TryGetValue(label, out var text))
            warnings.Add($"{at}: {label} is {text}");
    }

    /// <summary>Warns of the labels of all terms of a selector.</summary>
    public static void Add(V1NodeSelector? selector, FieldPath at, List<string> warnings)
    {
        var terms = (selector?.NodeSelectorTerms).OrNone();
        for (var i = 0; i < terms.Count; i++)
            Add(terms[i], at.Child("nodeSelectorTerms").Index(i), warnings);
    }

    /// <summary>Warns of the labels of a term.</summary>
    public static void Add(V1NodeSelectorTerm? term, FieldPath at, List<string> warnings)
    {
        var expressions = (term?.MatchExpressions).OrNone();
        for (var i = 0; i < expressions.Count; i++)
            AddUse(expressions[i].Key, at.Child("matchExpressions").Index(i).Child("key"), warnings);
    }

    /// <summary>Warns of the labels of a label selector.</summary>
    public static void Add(V1LabelSelector? selector, FieldPath at, List<string> warnings)
    {
        var expressions = (selector?.MatchExpressions).OrNone();
        for (var i = 0; i < expressions.Count; i++)
            AddUse(expressions[i].Key, at.Child("matchExpressions").Index(i).Child("key"), warnings);
        foreach (var label in (selector?.MatchLabels).OrNone().Keys)
            Add(label, at.Child("matchLabels").Child(label).ToString(), warnings);
    }
}
