using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// How long a lost node is waited for. Times in which nothing is concluded from its loss, because too many nodes are lost or none
/// could be heard of, do not count. After the first of them the node has its full time again. After each further one it goes on where
/// it was, with all that was left of its least time, but with half as much time at least as it had at least the time before: so a
/// node that comes and goes, and with it such times, does not keep the pods of others for ever.
/// </summary>
/// <remarks>It only delays: no deadline is earlier than without it. The default value belongs to a node that was never spared.</remarks>
internal readonly record struct Patience
{
    private DateTimeOffset? HeldSince { get; init; }

    private DateTimeOffset CountsFrom { get; init; }

    private DateTimeOffset NotBefore { get; init; }

    private int Holds { get; init; }

    /// <summary>What is lost is waited for from a moment on: nothing is known of the time before.</summary>
    public static Patience From(DateTimeOffset start) => new() { CountsFrom = start };

    /// <summary>When a time is over that began at a moment.</summary>
    public DateTimeOffset Deadline(DateTimeOffset start, TimeSpan time) => Later(Waits.After(Later(start, CountsFrom), time), NotBefore);

    /// <summary>The same after a time that has just ended, or that now goes on, in which nothing was concluded.</summary>
    /// <param name="since">When that time began; null if there was none.</param>
    public Patience HeldFrom(DateTimeOffset? since) => this with { HeldSince = HeldSince ?? since };

    /// <summary>What follows at the next decision.</summary>
    /// <param name="isHeld">Whether nothing is concluded now.</param>
    /// <param name="now">The current time.</param>
    /// <param name="silentSince">When the node was last heard of, if it is silent.</param>
    /// <param name="leastTime">The time that the node has at least after the first hold.</param>
    public Patience Next(bool isHeld, DateTimeOffset now, DateTimeOffset? silentSince, TimeSpan leastTime)
    {
        if (isHeld)
            return HeldFrom(now);
        if (HeldSince is not { } since)
            return this;
        var waited = Holds == 0 ? TimeSpan.Zero : since - Later(CountsFrom, silentSince ?? DateTimeOffset.MinValue);
        var (left, least) = (NotBefore - since, leastTime / Math.Pow(2, Holds));
        return new Patience
        {
            CountsFrom = waited > TimeSpan.Zero ? now - waited : now,
            NotBefore = now + (left > least ? left : least),
            Holds = Holds + 1,
        };
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
