using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>How many pods of what shape a controller object wants: what is common to replication controllers and replica sets.</summary>
internal sealed record ReplicaDemand
{
    /// <summary>The controller object.</summary>
    public required KubeObject Owner { get; init; }

    /// <summary>Which pods of the namespace can be replicas.</summary>
    public required LabelSelector Selector { get; init; }

    /// <summary>What a new pod looks like.</summary>
    public required V1PodTemplateSpec Template { get; init; }

    /// <summary>How many active pods are wanted.</summary>
    public required int Replicas { get; init; }

    /// <summary>How long a pod has to be ready, in seconds, until it counts as available.</summary>
    public int MinReadySeconds { get; init; }
}
