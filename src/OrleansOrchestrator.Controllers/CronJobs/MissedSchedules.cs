using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Controllers.CronJobs;

/// <summary>The scheduled times after the last handled one, up to now.</summary>
/// <param name="Latest">The latest of them; null if there is none.</param>
/// <param name="AreMany">Whether there are more than <see cref="ManyMin"/> of them.</param>
internal readonly record struct MissedSchedules(DateTimeOffset? Latest, bool AreMany)
{
    /// <summary>How many times may be missed without a warning.</summary>
    public const int ManyMin = 100;

    /// <summary>Finds the missed times.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="zone">The time zone of the schedule.</param>
    /// <param name="since">The last scheduled time that was handled, or the creation of the CronJob.</param>
    /// <param name="now">The current time.</param>
    public static MissedSchedules Of(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset since, DateTimeOffset now)
    {
        // A time at the very end of the calendar has no next one.
        if (since >= now)
            return default;
        var count = 0;
        DateTimeOffset? last = null;
        for (var next = schedule.Next(since, zone); next <= now; next = schedule.Next(next.Value, zone))
        {
            last = next;
            // A schedule may have missed years of minutes, so the loop is bounded.
            if (++count > ManyMin)
                return new MissedSchedules(LatestAfter(schedule, zone, next.Value, now), AreMany: true);
        }

        return new MissedSchedules(last, AreMany: false);
    }

    // Where clocks tell the times: the later one looks, the later is the next time; so the last one that has come is found by halving.
    private static DateTimeOffset LatestAfter(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset known, DateTimeOffset now)
    {
        if (schedule.Interval is { } interval)
            return known + ((now - known).Ticks / interval.Ticks * interval);
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
