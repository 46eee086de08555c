using k8s.Models;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Kinds.ApiExtensions;

/// <summary>The conditions of a CustomResourceDefinition, and its finalizer.</summary>
public static class CustomResourceConditions
{
    /// <summary>The finalizer that stands for the deletion of all objects of the kind.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <summary>No other definition has the kind's names.</summary>
    public const string NamesAccepted = "NamesAccepted";

    /// <summary>The kind is served.</summary>
    public const string Established = "Established";

    /// <summary>The definition is being deleted.</summary>
    public const string Terminating = "Terminating";

    /// <summary>Whether a condition is true.</summary>
    public static bool IsTrue(V1CustomResourceDefinition crd, string type) => Find(crd, type) is { Status: "True" };

    /// <summary>A condition; null if it was never set.</summary>
    public static V1CustomResourceDefinitionCondition? Find(V1CustomResourceDefinition crd, string type) =>
        crd.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    /// <summary>Sets a condition. The time of its last transition changes with its status only.</summary>
    public static void Set(V1CustomResourceDefinition crd, string type, bool isTrue, string reason, string message, DateTimeOffset now)
    {
        crd.Status ??= new V1CustomResourceDefinitionStatus();
        var conditions = (crd.Status.Conditions ?? []).ToList();
        var index = conditions.FindIndex(condition => condition.Type == type);
        var status = isTrue ? "True" : "False";
        var wanted = new V1CustomResourceDefinitionCondition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            LastTransitionTime = index >= 0 && conditions[index].Status == status
                ? conditions[index].LastTransitionTime
                : ObjectMetaRules.TruncateToSeconds(now),
        };
        if (index < 0)
            conditions.Add(wanted);
        else
            conditions[index] = wanted;
        crd.Status.Conditions = conditions;
    }
}
