namespace OrleansOrchestrator.Model.Pods;

/// <summary>The phases of a pod's life (<c>status.phase</c>).</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.</remarks>
public static class PodPhase
{
    /// <summary>Not all of its containers have started.</summary>
    public const string Pending = "Pending";

    /// <summary>It is on a node, and its containers have started.</summary>
    public const string Running = "Running";

    /// <summary>All of its containers have succeeded and will not restart.</summary>
    public const string Succeeded = "Succeeded";

    /// <summary>All of its containers have ended, at least one has failed, and none will restart.</summary>
    public const string Failed = "Failed";

    /// <summary>Whether a pod in this phase has ended and will never run again.</summary>
    public static bool IsTerminal(string? phase) => phase is Succeeded or Failed;
}
