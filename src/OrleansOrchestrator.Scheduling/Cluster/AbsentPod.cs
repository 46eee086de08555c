using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>A pod that a trial took off its node, with all that has to be put back.</summary>
internal sealed record AbsentPod(PodInfo Info, string NodeName, bool IsAssumed, bool IsBeingPreempted);
