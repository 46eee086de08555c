using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>The writes and events about a DaemonSet's pods, while a plan is being made.</summary>
internal sealed class DaemonDraft
{
    /// <summary>Pods that go, and what users are told of why; null for nothing.</summary>
    public List<(V1Pod Pod, PlannedEvent? Cause)> Deletions { get; } = [];

    /// <summary>The nodes to create a pod on, each with the number of pods that failed there in a row.</summary>
    public List<(string Node, int Failures)> Creations { get; } = [];

    /// <summary>When to look again; null for only when something changes.</summary>
    public DateTimeOffset? NextLook { get; private set; }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => Deletions.Count == 0 && Creations.Count == 0;

    /// <summary>Does what a verdict wants in any case.</summary>
    public void Add(DaemonVerdict verdict)
    {
        Deletions.AddRange(verdict.Deletions);
        if (verdict.Creation is { } failures)
            Creations.Add((verdict.Name, failures));
    }

    /// <summary>Deletes pods.</summary>
    public void Delete(params IEnumerable<V1Pod> pods) => Deletions.AddRange(pods.Select(pod => (pod, (PlannedEvent?)null)));

    /// <summary>Looks again at a moment, if that is not too late already.</summary>
    public void LookAt(DateTimeOffset moment) => NextLook = NextLook < moment ? NextLook : moment;
}
