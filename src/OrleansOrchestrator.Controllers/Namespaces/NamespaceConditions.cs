using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>The conditions of a namespace that is being deleted. The texts are Kubernetes'.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/namespace/deletion/status_condition_utils.go.</remarks>
internal static class NamespaceConditions
{
    private static readonly string[] Types =
    [
        "NamespaceDeletionDiscoveryFailure",
        "NamespaceDeletionGroupVersionParsingFailure",
        "NamespaceDeletionContentFailure",
        "NamespaceContentRemaining",
        "NamespaceFinalizersRemaining",
    ];

    /// <summary>The conditions for the remaining contents. Conditions of other types are kept.</summary>
    /// <param name="current">The present conditions; null for none.</param>
    /// <param name="contents">The remaining contents.</param>
    /// <param name="now">The moment, for conditions whose status changes.</param>
    public static List<V1NamespaceCondition> For(
        IList<V1NamespaceCondition>? current, IReadOnlyList<RelatedObject> contents, DateTimeOffset now)
    {
        var conditions = current is null ? [] : current.ToList();
        foreach (var type in Types)
            Set(conditions, Condition(type, contents), now);
        return conditions;
    }

    private static V1NamespaceCondition Condition(string type, IReadOnlyList<RelatedObject> contents) => type switch
    {
        // Discovery cannot fail here: the process knows the kinds.
        "NamespaceDeletionDiscoveryFailure" => False(type, "ResourcesDiscovered", "All resources successfully discovered"),
        "NamespaceDeletionGroupVersionParsingFailure" => False(type, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
        "NamespaceDeletionContentFailure" =>
            False(type, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        "NamespaceContentRemaining" => Remaining(type, contents),
        _ => FinalizersRemaining(type, contents),
    };

    private static V1NamespaceCondition Remaining(string type, IReadOnlyList<RelatedObject> contents)
    {
        if (contents.Count == 0)
            return False(type, "ContentRemoved", "All content successfully removed");
        var counts = contents
            .CountBy(content => $"{content.Resource.Plural}.{content.Resource.Group}")
            .OrderBy(count => count.Key, StringComparer.Ordinal)
            .Select(count => $"{count.Key} has {count.Value} resource instances");
        return True(type, "SomeResourcesRemain", $"Some resources are remaining: {string.Join(", ", counts)}");
    }

    private static V1NamespaceCondition FinalizersRemaining(string type, IReadOnlyList<RelatedObject> contents)
    {
        var counts = contents
            .SelectMany(content => content.Object.Metadata.Finalizers ?? [])
            .CountBy(finalizer => finalizer)
            .OrderBy(count => count.Key, StringComparer.Ordinal)
            .Select(count => $"{count.Key} in {count.Value} resource instances")
            .ToList();
        return counts.Count == 0
            ? False(type, "ContentHasNoFinalizers", "All content-preserving finalizers finished")
            : True(type, "SomeFinalizersRemain", $"Some content in the namespace has finalizers remaining: {string.Join(", ", counts)}");
    }

    private static V1NamespaceCondition True(string type, string reason, string message) =>
        new() { Type = type, Status = "True", Reason = reason, Message = message };

    private static V1NamespaceCondition False(string type, string reason, string message) =>
        new() { Type = type, Status = "False", Reason = reason, Message = message };

    private static void Set(List<V1NamespaceCondition> conditions, V1NamespaceCondition wanted, DateTimeOffset now)
    {
        var index = conditions.FindIndex(condition => condition.Type == wanted.Type);
        wanted.LastTransitionTime = index >= 0 && conditions[index].Status == wanted.Status
            ? conditions[index].LastTransitionTime
            : ObjectMetaRules.TruncateToSeconds(now);
        if (index < 0)
            conditions.Add(wanted);
        else
            conditions[index] = wanted;
    }
}
