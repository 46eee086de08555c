using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Controllers.CronJobs;

/// <summary>The times of a schedule that have come since it was last followed.</summary>
/// <param name="Latest">The last one; null if none has come.</param>
/// <param name="AreMany">Whether they are more than anybody who looks now and then would miss.</param>
internal readonly record struct MissedSchedules(DateTimeOffset? Latest, bool AreMany)
{
    /// <summary>So many may be missed without a warning.</summary>
    public const int ManyMin = 100;

    /// <summary>Finds them.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="zone">Whose clocks it goes by.</param>
    /// <param name="since">The time that was followed last, or since when there is a schedule.</param>
    /// <param name="now">The moment.</param>
    public static MissedSchedules Of(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset since, DateTimeOffset now)
    {
        // The last times there are have none after them.
        if (since >= now)
            return default;
        var count = 0;
        DateTimeOffset? last = null;
        for (var next = schedule.Next(since, zone); next <= now; next = schedule.Next(next.Value, zone))
        {
            last = next;
            // Years of minutes are not walked through.
            if (++count > ManyMin)
                return new MissedSchedules(LatestAfter(schedule, zone, next.Value, now), AreMany: true);
        }

        return new MissedSchedules(last, AreMany: false);
    }

    // The later one looks, the later is the next time; so the last one that has come is found by halving.
    private static DateTimeOffset LatestAfter(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset known, DateTimeOffset now)
    {
        var (early, late) = (known, now);
        while (late - early > TimeSpan.FromSeconds(1))
        {
            var middle = early + ((late - early) / 2);
            if (schedule.Next(middle, zone) is { } next && next <= now)
                (early, known) = (next, next);
            else
                late = middle;
        }

        return known;
    }
}
