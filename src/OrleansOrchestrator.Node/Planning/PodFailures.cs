using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The ways in which a pod as a whole fails, in the kubelet's words.</summary>
internal static class PodFailures
{
    public static readonly PodFailure DeadlineExceeded =
        new("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");

    /// <summary>The reason of evicted pods.</summary>
    public const string EvictedReason = "Evicted";

    private const string Terminated = "Pod was terminated in response to imminent node shutdown.";

    /// <summary>The pod ran when the machine went down.</summary>
    public static readonly PodFailure NodeShutdown =
        new("Terminated", Terminated) { Disruption = new PodDisruption(PodDisruption.TerminationByKubelet, Terminated) };

    /// <summary>The pod came when the machine was going down.</summary>
    public static readonly PodFailure NodeIsShuttingDown = Rejected("NodeShutdown", "Pod was rejected as the node is shutting down.");

    /// <summary>The node does not take the pod.</summary>
    public static PodFailure Rejected(string reason, string why) => new(reason, $"Pod was rejected: {why}", why);

    /// <summary>The node ends the pod because something is short, or because the pod used more than it may.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isDisrupted">Whether the pod itself is not the cause.</param>
    public static PodFailure Evicted(string message, bool isDisrupted) => new(EvictedReason, message)
    {
        IsWarning = true,
        Disruption = isDisrupted ? new PodDisruption(PodDisruption.TerminationByKubelet, message) : null,
    };
}
