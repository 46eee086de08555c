using k8s.Models;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>A label selector as Go prints it, which Kubernetes has in the names of metrics.</summary>
internal static class GoLabelSelector
{
    /// <summary>The text.</summary>
    public static string Text(V1LabelSelector? selector)
    {
        if (selector is null)
            return "nil";
        var labels = string.Concat((selector.MatchLabels ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value},"));
        var expressions = string.Concat((selector.MatchExpressions ?? []).Select(one =>
            $"LabelSelectorRequirement{{Key:{one.Key},Operator:{one.OperatorProperty},Values:[{string.Join(' ', one.Values ?? [])}],}},"));
        return $"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}";
    }
}
