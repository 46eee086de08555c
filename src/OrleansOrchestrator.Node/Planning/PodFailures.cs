using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The ways in which a pod as a whole fails, in the kubelet's words.</summary>
internal static class PodFailures
{
    public static readonly PodFailure DeadlineExceeded =
        new("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");

    private const string Terminated = "Pod was terminated in response to imminent node shutdown.";
    private const string Rejected = "Pod was rejected as the node is shutting down.";

    /// <summary>The pod ran when the machine went down.</summary>
    public static readonly PodFailure NodeShutdown =
        new("Terminated", Terminated) { Disruption = new PodDisruption(PodDisruption.TerminationByKubelet, Terminated) };

    /// <summary>The pod came when the machine was going down.</summary>
    public static readonly PodFailure NodeIsShuttingDown = new("NodeShutdown", $"Pod was rejected: {Rejected}", Rejected);
}
