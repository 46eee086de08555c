using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Revisions;

/// <summary>An object whose pod template has a revision history: a DaemonSet or a StatefulSet.</summary>
internal sealed record RevisedObject
{
    /// <summary>The object.</summary>
    public required KubeObject Owner { get; init; }

    /// <summary>Its resource.</summary>
    public required ResourceName Resource { get; init; }

    /// <summary>The revisions of the namespace that can be its own.</summary>
    public required LabelSelector Selector { get; init; }

    /// <summary>Its present template.</summary>
    public required V1PodTemplateSpec Template { get; init; }

    /// <summary>How many times another object already had the name of its next revision.</summary>
    public required int CollisionCount { get; init; }
}
