using CsCheck;
using OrleansOrchestrator.Controllers.CronJobs;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Controllers.Tests.CronJobs;

public sealed class CronJobProperties
{
    private static readonly Gen<string> Schedules = Any.Of("* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *", "0 0 29 2 *", "15 3 * * 1", "0 12 1 * 5", "@every 7m", "@every 1h30m5s", "@every 50s");
    private static readonly Gen<string> Zones = Any.Of("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe");

    [Fact]
    public void MissedSchedules_AnyTimes_AreThoseOfAWalkThroughAllOfThem() =>
        Gen.Select(Schedules, Zones, Gen.Int[0, 500_000], Gen.Int[0, 20_000]).Sample((text, zoneName, start, minutes) =>
        {
            CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
            var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
            var since = ClusterModel.Start.AddMinutes(start).AddSeconds(start % 60);
            var now = since.AddMinutes(minutes);
            var all = new List<DateTimeOffset>();
            for (var next = schedule!.Next(since, zone); next <= now; next = schedule.Next(next.Value, zone))
                all.Add(next.Value);

            var missed = MissedSchedules.Of(schedule, zone, since, now);

            missed.Latest.ShouldBe(all.Count > 0 ? all[^1] : null);
            missed.AreMany.ShouldBe(all.Count > MissedSchedules.ManyMin);
        }, iter: 300);
}
