using System.Globalization;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// Writes the identity of a shape: a text that is equal exactly for pods that every plugin treats alike. Fields are
/// separated by characters that names, label values and numbers cannot contain.
/// </summary>
internal static class PodShapeKey
{
    public static string Format(V1Pod pod, PodShape shape)
    {
        var text = new StringBuilder(128);
        var requests = shape.Requests;
        text.Append(CultureInfo.InvariantCulture, $"{requests.CpuMilli};{requests.MemoryBytes};{requests.StorageBytes};")
            .Append(CultureInfo.InvariantCulture, $"{shape.ScoredCpuMilli};{shape.ScoredMemoryBytes}");
        foreach (var (name, amount) in shape.Extended)
            text.Append(CultureInfo.InvariantCulture, $";{name}={amount}");
        foreach (var port in shape.Ports)
            text.Append(CultureInfo.InvariantCulture, $"\np{port.Ip} {port.Protocol} {port.Port}");
        foreach (var toleration in shape.Tolerations)
            text.Append(CultureInfo.InvariantCulture, $"\nt{toleration.Key};{toleration.OperatorProperty};{toleration.Value};{toleration.Effect}");
        if (shape.NodeAffinity is not null)
            AppendNodeAffinity(text, pod.Spec);
        foreach (var constraint in shape.SpreadConstraints)
            text.Append("\ns").Append(constraint);
        foreach (var term in shape.AffinityTerms)
            text.Append("\na").Append(term);
        return text.ToString();
    }

    private static void AppendNodeAffinity(StringBuilder text, V1PodSpec spec)
    {
        foreach (var (key, value) in (spec.NodeSelector ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"\nl{key}={value}");
        var affinity = spec.Affinity?.NodeAffinity;
        if (affinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
        {
            text.Append("\nr");
            foreach (var term in required.NodeSelectorTerms ?? [])
                AppendTerm(text, term);
        }

        foreach (var preference in affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $"\nw{preference.Weight}");
            AppendTerm(text, preference.Preference);
        }
    }

    private static void AppendTerm(StringBuilder text, V1NodeSelectorTerm term)
    {
        text.Append('[');
        foreach (var requirement in term.MatchExpressions ?? [])
            AppendRequirement(text, requirement);
        text.Append('#');
        foreach (var requirement in term.MatchFields ?? [])
            AppendRequirement(text, requirement);
        text.Append(']');
    }

    private static void AppendRequirement(StringBuilder text, V1NodeSelectorRequirement requirement)
    {
        text.Append(requirement.Key).Append(' ').Append(requirement.OperatorProperty).Append('(');
        text.AppendJoin('|', requirement.Values ?? []).Append(')');
    }
}
