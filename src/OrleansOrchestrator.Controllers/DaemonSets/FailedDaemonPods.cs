using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// How long a failed daemon pod stays before the next one takes its place: a node that refuses its pods would otherwise see a new one
/// with every decision. The waits double from a second to a quarter of an hour. How many have failed in a row is told by the
/// pod that follows them, since a controller remembers nothing: the failed one stays until that one is there.
/// </summary>
internal static class FailedDaemonPods
{
    /// <summary>The annotation with the number of pods that failed in a row before this one.</summary>
    public const string Annotation = "daemonset.orleansorchestrator.io/failures";

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Whether a pod has failed, and nobody has done anything about it yet.</summary>
    public static bool IsFailed(V1Pod pod) => pod.Status?.Phase == PodPhase.Failed && !pod.IsDeleting;

    /// <summary>
    /// The failed pod on a node that knows best how many have failed in a row; null if there is none. Those of another template
    /// do not count.
    /// </summary>
    public static V1Pod? LastOn(DaemonNode node, DaemonPodTest test) => node.Pods
        .Where(pod => IsFailed(pod) && test.IsUpdated(pod))
        .OrderByDescending(pod => FailuresBefore(pod, test.Now))
        .ThenBy(pod => pod.Key)
        .FirstOrDefault();

    /// <summary>What pods that failed on a node mean for the next one.</summary>
    /// <returns>How many have failed in a row before it, and from when on it may come.</returns>
    public static (int Failures, DateTimeOffset From) On(DaemonNode node, DaemonPodTest test)
    {
        if (LastOn(node, test) is not { } last)
            return (0, DateTimeOffset.MinValue);
        var before = FailuresBefore(last, test.Now);
        if (before == 0)
            return (1, DateTimeOffset.MinValue);
        var wait = before > 20 ? Longest : First * (1 << (before - 1));
        return (before + 1, Waits.After(CreatedAt(last, test.Now), wait < Longest ? wait : Longest));
    }

    /// <summary>When the failures on a node begin to count anew; null if there are none.</summary>
    public static DateTimeOffset? ForgottenAt(DaemonNode node, DaemonPodTest test) =>
        LastOn(node, test) is { } last ? Waits.After(CreatedAt(last, test.Now), (2 * Longest) + TimeSpan.FromSeconds(1)) : null;

    // A pod that ran for long begins anew.
    private static int FailuresBefore(V1Pod pod, DateTimeOffset now)
    {
        if (now - CreatedAt(pod, now) > 2 * Longest)
            return 0;
        return pod.Metadata.Annotations is { } annotations && annotations.TryGetValue(Annotation, out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? Math.Min(count, 1000)
                : 0;
    }

    private static DateTimeOffset CreatedAt(V1Pod pod, DateTimeOffset now) => ApiTime.Read(pod.Metadata.CreationTimestamp) ?? now;
}
