using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>The times by which daemons stop pods and the node controller replaces them. Defined once, so that both sides agree.</summary>
/// <remarks>docs/node.md has the rule and its proof.</remarks>
public sealed record FencingTimes
{
    /// <summary>The most by which the rates of two clocks may differ, taken together: 1.5 % each. Real ones differ by 0.01 %.</summary>
    public const double ClockDrift = 0.03;

    /// <summary>The node annotation with the times by which the daemon acts: see <see cref="ToString"/>.</summary>
    public const string Annotation = "orleansorchestrator.io/fencing-times";

    /// <summary>The response header of an acknowledged renewal with the times by which the control plane acts.</summary>
    public const string Header = "OrleansOrchestrator-Fencing-Times";

    // Longer tolerations count as ten years, so that sums stay in range.
    private static readonly TimeSpan TolerationMax = TimeSpan.FromDays(3650);

    /// <summary>How long a node may be silent before it counts as unreachable.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long pods tolerate an unreachable node by default.</summary>
    public TimeSpan DefaultToleration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long without an acknowledged renewal a daemon runs pods that tolerate no more than the default.</summary>
    public TimeSpan FencingTime { get; init; } = TimeSpan.FromSeconds(9.5);

    /// <summary>The longest time that stopping pods takes.</summary>
    public TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a node's vote belongs to the control plane after the issue of the last beat that the node has reported. The node lends
    /// its vote to no peer before this time has passed since its last acknowledgement.
    /// </summary>
    public TimeSpan VoteTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a vote lent to a peer is valid, from the peer's question. While the control plane is away, daemons have this long to
    /// restart, and busy machines to answer. After an outage, lent votes are missing for as long.
    /// </summary>
    public TimeSpan GrantTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long after its node's last renewal a pod that tolerates no more than the default has surely stopped, unless peers extended its
    /// time.
    /// </summary>
    public TimeSpan FencedAfter => LeaseDuration + DefaultToleration;

    /// <summary>How long a node keeps its vote after an acknowledgement, by its own clock.</summary>
    public TimeSpan VoteKept => VoteTime * (1 + ClockDrift);

    /// <summary>How long a vote lent to a peer is missing, by the lender's clock: until the peer's pods that depended on it have
    /// stopped.</summary>
    public TimeSpan VoteLent => (GrantTime + StopTime) * (1 + ClockDrift);

    /// <summary>Whether a node's daemon acts by these times. A daemon that does not publish its times only renews leases.</summary>
    public bool AreThoseOf(V1Node node) => node.Metadata.Annotations?.TryGetValue(Annotation, out var published) is not true || published == ToString();

    /// <summary>The times as both sides publish them, readable and comparable: equal texts are equal times.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"lease={LeaseDuration.TotalSeconds}s toleration={DefaultToleration.TotalSeconds}s fencing={FencingTime.TotalSeconds}s stop={StopTime.TotalSeconds}s vote={VoteTime.TotalSeconds}s grant={GrantTime.TotalSeconds}s");

    /// <summary>How long without an acknowledged renewal a daemon runs a pod; null for ever.</summary>
    public TimeSpan? StopAfter(V1Pod pod) => Longer(UnseenToleration.StayOf(pod)) is { } longer ? FencingTime + (longer * (1 - ClockDrift)) : null;

    /// <summary>How long after a node's last renewal the control plane replaces a pod, by what the node may still act by; null for
    /// never.</summary>
    public TimeSpan? ReplaceAfter(V1Pod pod) => Longer(UnseenToleration.LongestStayOf(pod)) is { } longer ? FencedAfter + longer : null;

    /// <summary>All faults, one sentence each; empty if the times are consistent (invariant I7).</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.Positive(LeaseDuration);
        faults.NotNegative(DefaultToleration);
        faults.Positive(FencingTime);
        faults.NotNegative(StopTime);
        faults.Positive(VoteTime);
        faults.Positive(GrantTime);
        faults.Require(
            (FencingTime + StopTime) * (1 + ClockDrift) < FencedAfter,
            string.Create(CultureInfo.InvariantCulture, $"FencingTime + StopTime ({(FencingTime + StopTime).TotalSeconds} s), and {ClockDrift * 100} % more for clocks that drift, must be less than LeaseDuration + DefaultToleration ({FencedAfter.TotalSeconds} s), or a pod could run twice."));
        return faults.All;
    }

    /// <summary>How much longer than the default a pod tolerates an unreachable node. A pod that tolerates less still gets the
    /// default's time to stop.</summary>
    private TimeSpan? Longer(TimeSpan? tolerated)
    {
        if (tolerated is not { } stay)
            return null;
        var longer = (stay < TolerationMax ? stay : TolerationMax) - DefaultToleration;
        return longer > TimeSpan.Zero ? longer : TimeSpan.Zero;
    }
}
