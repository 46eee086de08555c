using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>
/// How long a pod's node may still run the pod while it is unreachable: longer than the pod says, as long as the node has not reported
/// that it has seen the shorter time.
/// </summary>
/// <remarks>
/// A toleration may be shortened while the node cannot know. The write that shortens it records in the same version what the node may
/// still act by, and the node's report of the pod's newest generation removes that: the node reports a generation only when its guard
/// has the limit. So the control plane replaces a pod by what its node acts by, and not by what it was told. Whoever else writes the
/// annotation changes nothing.
/// </remarks>
public static class UnseenToleration
{
    /// <summary>The pod annotation with the longest time, in seconds, that the node may act by.</summary>
    public const string Annotation = "orleansorchestrator.io/tolerated-unreachable";

    private const string ForEver = "forever";

    private static readonly V1Taint Unreachable = new() { Key = TaintKeys.Unreachable, Effect = TaintEffects.NoExecute };

    /// <summary>How long the pod tolerates an unreachable node by its own words; null for ever.</summary>
    public static TimeSpan? StayOf(V1Pod pod) => Tolerations.StayOf(pod, Unreachable);

    /// <summary>The longest time by which its node may still act; null for ever.</summary>
    public static TimeSpan? LongestStayOf(V1Pod pod) => Longer(StayOf(pod), Recorded(pod.Metadata.Annotations));

    /// <summary>Records in a changed pod what its node may still act by.</summary>
    /// <param name="updated">The pod as it is written.</param>
    /// <param name="current">The pod as it is stored; null if it is new.</param>
    public static void Record(V1Pod updated, V1Pod? current) =>
        Set(updated, string.IsNullOrEmpty(current?.Spec?.NodeName) || LongestStayOf(current) is var longest && Longer(StayOf(updated), longest) == StayOf(updated) ? null : Text(longest));

    /// <summary>Removes the record with a status of a node that has seen the pod as it is; any other status leaves it.</summary>
    /// <param name="updated">The pod with the status that is written.</param>
    /// <param name="current">The pod as it is stored.</param>
    public static void RecordStatus(V1Pod updated, V1Pod current) =>
        Set(updated, updated.Status?.ObservedGeneration >= (current.Metadata.Generation ?? 0) ? null : current.Metadata.Annotations?.TryGetValue(Annotation, out var kept) is true ? kept : null);

    private static void Set(V1Pod pod, string? value)
    {
        var annotations = pod.Metadata.Annotations;
        if (annotations?.TryGetValue(Annotation, out var present) is true ? present == value : value is null)
            return;
        var changed = new Dictionary<string, string>(annotations ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        changed.Remove(Annotation);
        if (value is not null)
            changed[Annotation] = value;
        pod.Metadata.Annotations = changed.Count == 0 ? null : changed;
    }

    /// <summary>What is recorded; zero if nothing is. Words that nobody here writes count as for ever.</summary>
    private static TimeSpan? Recorded(IDictionary<string, string>? annotations)
    {
        if (annotations?.TryGetValue(Annotation, out var text) is not true)
            return TimeSpan.Zero;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }

    private static string Text(TimeSpan? stay) => stay is { } time ? ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) : ForEver;

    private static TimeSpan? Longer(TimeSpan? one, TimeSpan? other) => one is null || other is null ? null : one > other ? one : other;
}
