using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>The wanted pods of a ReplicationController or ReplicaSet.</summary>
internal sealed record ReplicaDemand
{
    /// <summary>The controller object.</summary>
    public required KubeObject Owner { get; init; }

    /// <summary>The pods of the namespace that can be replicas.</summary>
    public required LabelSelector Selector { get; init; }

    /// <summary>The template of new pods.</summary>
    public required V1PodTemplateSpec Template { get; init; }

    /// <summary>How many active pods are wanted.</summary>
    public required int Replicas { get; init; }

    /// <summary>How long a pod has to be ready, in seconds, until it counts as available.</summary>
    public int MinReadySeconds { get; init; }
}
