using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>
/// What an autoscaler recommended and did lately: the memory of its reconciler. Recommendations hold scaling back until they have been
/// the same for a while, and changes count against the policies. A change is remembered before it is made, so that no crash lets the
/// target move faster than the policies allow.
/// </summary>
internal sealed record ScalingHistory
{
    // Into how many parts the longest window is divided, each of which has two recommendations at most.
    private const int PartsMax = 60;

    /// <summary>The uid of the autoscaler. Another one of the same name has no history.</summary>
    [JsonPropertyName("uid")]
    public string Uid { get; init; } = "";

    /// <summary>The recommendations before stabilization, the oldest first.</summary>
    [JsonPropertyName("recommendations")]
    public IReadOnlyList<Recommendation> Recommendations { get; init; } = [];

    /// <summary>The changes, the oldest first.</summary>
    [JsonPropertyName("changes")]
    public IReadOnlyList<ScaleChange> Changes { get; init; } = [];

    /// <summary>Reads the history of an autoscaler.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="uid">The autoscaler's uid.</param>
    public static ScalingHistory Read(string memory, string uid)
    {
        try
        {
            return memory.Length > 0 && JsonSerializer.Deserialize<ScalingHistory>(memory) is { } history && history.Uid == uid ? history : new ScalingHistory { Uid = uid };
        }
        catch (JsonException)
        {
            return new ScalingHistory { Uid = uid };
        }
    }

    /// <summary>The history as memory.</summary>
    public string Write() => JsonSerializer.Serialize(this);

    /// <summary>
    /// The history of a target that has some replicas now. The first look counts as a recommendation of these. The last change is
    /// forgotten if it was refused: nothing came of it, and the status does not have it. What is said to be in the future, because a
    /// clock was wrong, happened now at the latest.
    /// </summary>
    /// <param name="replicas">The present replicas.</param>
    /// <param name="lastScaled">When the status says that the target was scaled last.</param>
    /// <param name="now">The time.</param>
    public ScalingHistory At(int replicas, DateTimeOffset? lastScaled, DateTimeOffset now)
    {
        var began = this with
        {
            Recommendations = Recommendations.Count > 0 ? [.. Recommendations.Select(one => one with { At = NoLater(one.At, now) })] : [new Recommendation(replicas, now)],
            Changes = [.. Changes.Select(one => one with { At = NoLater(one.At, now) })],
        };
        // Times in objects have whole seconds.
        return Changes is [.., { } last] && last.From == replicas && last.To != replicas && !(lastScaled >= last.At.AddTicks(-(last.At.Ticks % TimeSpan.TicksPerSecond)))
            ? began with { Changes = [.. began.Changes.SkipLast(1)] }
            : began;
    }

    /// <summary>
    /// Adds a recommendation, and forgets those that no longer matter: too old ones, and those that later ones exceed both upwards and
    /// downwards. Of each sixtieth of the longest window the highest and the lowest are kept, with the time of its last: so
    /// a recommendation holds a sixtieth longer at most, and the history of an hour is no longer than that of five minutes.
    /// </summary>
    public ScalingHistory Recommend(int replicas, DateTimeOffset now, TimeSpan longestWindow)
    {
        var kept = new List<Recommendation>();
        var partTicks = Math.Max(1, longestWindow.Ticks / PartsMax);
        var (lowest, highest) = (replicas, replicas);
        var (part, low, high) = (long.MaxValue, -1, -1);
        foreach (var one in Recommendations.Reverse().Where(one => IsWithin(one.At, now, longestWindow)))
        {
            if (one.Replicas >= lowest && one.Replicas <= highest)
                continue;
            if (one.At.Ticks / partTicks != part)
                (part, low, high) = (one.At.Ticks / partTicks, -1, -1);

            // Further back they are only higher or lower, so that this one stands for a later one of its part.
            ref var place = ref one.Replicas > highest ? ref high : ref low;
            if (place < 0)
            {
                place = kept.Count;
                kept.Add(one);
            }
            else
            {
                kept[place] = kept[place] with { Replicas = one.Replicas };
            }

            (lowest, highest) = (Math.Min(lowest, one.Replicas), Math.Max(highest, one.Replicas));
        }

        kept.Reverse();
        return this with { Recommendations = [.. kept, new Recommendation(replicas, now)] };
    }

    /// <summary>Adds a change that is about to be made, and forgets those that are too old to count.</summary>
    public ScalingHistory Scale(int from, int to, DateTimeOffset now, TimeSpan longestPeriod) =>
        this with { Changes = [.. Changes.Where(one => IsWithin(one.At, now, longestPeriod)), new ScaleChange(from, to, now)] };

    /// <summary>The highest recommendation of a window, and at least a given one.</summary>
    public int Highest(int atLeast, DateTimeOffset now, TimeSpan window) =>
        Recommendations.Where(one => IsWithin(one.At, now, window)).Select(one => one.Replicas).Append(atLeast).Max();

    /// <summary>The lowest recommendation of a window, and at most a given one.</summary>
    public int Lowest(int atMost, DateTimeOffset now, TimeSpan window) =>
        Recommendations.Where(one => IsWithin(one.At, now, window)).Select(one => one.Replicas).Append(atMost).Min();

    /// <summary>The replicas before all changes of a period.</summary>
    public long ReplicasBefore(int current, DateTimeOffset now, TimeSpan period) =>
        current - Changes.Where(one => IsWithin(one.At, now, period)).Sum(one => (long)one.To - one.From);

    private static DateTimeOffset NoLater(DateTimeOffset at, DateTimeOffset now) => at < now ? at : now;

    private static bool IsWithin(DateTimeOffset at, DateTimeOffset now, TimeSpan window) => now - at < window;
}

/// <summary>How many replicas were right at a time.</summary>
internal readonly record struct Recommendation([property: JsonPropertyName("replicas")] int Replicas, [property: JsonPropertyName("at")] DateTimeOffset At);

/// <summary>A change of the target's replicas.</summary>
internal readonly record struct ScaleChange(
    [property: JsonPropertyName("from")] int From, [property: JsonPropertyName("to")] int To, [property: JsonPropertyName("at")] DateTimeOffset At);
