namespace OrleansOrchestrator.Node.Planning;

/// <summary>The ways in which a pod as a whole fails, in the kubelet's words.</summary>
internal static class PodFailures
{
    public static readonly PodFailure DeadlineExceeded =
        new("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
}
