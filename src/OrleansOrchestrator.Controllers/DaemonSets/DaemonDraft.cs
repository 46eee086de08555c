using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>What is to be done about a DaemonSet's pods, as it is being decided.</summary>
internal sealed class DaemonDraft
{
    /// <summary>Pods that go, and what users are told of why; null for nothing.</summary>
    public List<(V1Pod Pod, PlannedEvent? Cause)> Deletions { get; } = [];

    /// <summary>Nodes that get a pod, and how many pods in a row have failed there.</summary>
    public List<(string Node, int Failures)> Creations { get; } = [];

    /// <summary>When to look again; null for only when something changes.</summary>
    public DateTimeOffset? NextLook { get; private set; }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => Deletions.Count == 0 && Creations.Count == 0;

    /// <summary>Deletes pods.</summary>
    public void Delete(params IEnumerable<V1Pod> pods) => Deletions.AddRange(pods.Select(pod => (pod, (PlannedEvent?)null)));

    /// <summary>Looks again at a moment, if that is not too late already.</summary>
    public void LookAt(DateTimeOffset moment) => NextLook = NextLook < moment ? NextLook : moment;
}
