using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// How long a failed daemon pod stays before the next one takes its place: a node that refuses its pods would otherwise see a new one
/// with every decision. The waits double from a second to a quarter of an hour. How many have failed in a row is told by the
/// pod that follows them, since a controller remembers nothing.
/// </summary>
internal static class FailedDaemonPods
{
    /// <summary>The annotation that counts the failed pods before a pod.</summary>
    public const string Annotation = "daemonset.orleansorchestrator.io/failures";

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>How many pods in a row have failed before the one that follows this one.</summary>
    public static int FailuresUpTo(V1Pod failed, string hash, DateTimeOffset now) => FailuresBefore(failed, hash, now) + 1;

    /// <summary>When a failed pod may be replaced.</summary>
    public static DateTimeOffset ReplaceableFrom(V1Pod failed, string hash, DateTimeOffset now)
    {
        var failures = FailuresBefore(failed, hash, now);
        if (failures == 0)
            return DateTimeOffset.MinValue;
        var wait = failures > 20 ? Longest : First * (1 << (failures - 1));
        return Waits.After(CreatedAt(failed, now), wait < Longest ? wait : Longest);
    }

    // A pod that ran for long, and one of another template, begin anew.
    private static int FailuresBefore(V1Pod pod, string hash, DateTimeOffset now)
    {
        if (now - CreatedAt(pod, now) > 2 * Longest || DaemonPods.HashOf(pod) != hash)
            return 0;
        return pod.Metadata.Annotations is { } annotations && annotations.TryGetValue(Annotation, out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? Math.Min(count, 1000)
                : 0;
    }

    private static DateTimeOffset CreatedAt(V1Pod pod, DateTimeOffset now) => ApiTime.Read(pod.Metadata.CreationTimestamp) ?? now;
}
