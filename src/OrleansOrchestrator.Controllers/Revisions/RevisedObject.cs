using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Revisions;

/// <summary>An object whose pod template has a history: what is common to daemon sets and stateful sets.</summary>
internal sealed record RevisedObject
{
    /// <summary>The object.</summary>
    public required KubeObject Owner { get; init; }

    /// <summary>Which revisions of the namespace can be its own.</summary>
    public required LabelSelector Selector { get; init; }

    /// <summary>The template that it wants now.</summary>
    public required V1PodTemplateSpec Template { get; init; }

    /// <summary>How often a name that a revision was to have was taken by something else.</summary>
    public required int CollisionCount { get; init; }
}
