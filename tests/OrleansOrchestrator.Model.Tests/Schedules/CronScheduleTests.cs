using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Model.Tests.Schedules;

public class CronScheduleTests
{
    [Theory]
    [InlineData("*/61 * * * *")]
    [InlineData("0 22-23 1,15 jan-MAR mon-Fri")]
    [InlineData("? ? ? ? ?")]
    [InlineData("5/15 * * * *")]
    [InlineData("@yearly")]
    [InlineData("@hourly")]
    [InlineData("@every 1h30m")]
    [InlineData("TZ=Europe/Paris 0 3 * * *")]
    [InlineData("CRON_TZ=Etc/UTC @daily")]
    public void Schedule_ThatKubernetesTakes_IsRead(string text) => CronSchedule.TryParse(text, out _, out var fault).ShouldBeTrue(fault);

    [Theory]
    [InlineData("", "empty spec string")]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]")]
    [InlineData("60 * * * *", "end of range (60) above maximum (59): 60")]
    [InlineData("* * 0 * *", "beginning of range (0) below minimum (1): 0")]
    [InlineData("* * * * 7", "end of range (7) above maximum (6): 7")]
    [InlineData("* 22-2 * * *", "beginning of range (22) beyond end of range (2): 22-2")]
    [InlineData("*/0 * * * *", "step of range should be a positive number: */0")]
    [InlineData("1-2-3 * * * *", "too many hyphens: 1-2-3")]
    [InlineData("1/2/3 * * * *", "too many slashes: 1/2/3")]
    [InlineData("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("* * L * *", "failed to parse int from L: strconv.Atoi: parsing \"L\": invalid syntax")]
    [InlineData("* * * * mon#1", "failed to parse int from mon#1: strconv.Atoi: parsing \"mon#1\": invalid syntax")]
    [InlineData("@never", "unrecognized descriptor: @never")]
    [InlineData("@every day", "failed to parse duration @every day: time: invalid duration \"day\"")]
    [InlineData("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\"")]
    [InlineData("@every 5d", "failed to parse duration @every 5d: time: unknown unit \"d\" in duration \"5d\"")]
    [InlineData("TZ=Mars/Olympus * * * * *", "provided bad location Mars/Olympus: unknown time zone Mars/Olympus")]
    public void Schedule_ThatKubernetesRefuses_IsRefusedInItsWords(string text, string expected)
    {
        CronSchedule.TryParse(text, out _, out var fault).ShouldBeFalse();
        fault.ShouldBe(expected);
    }

    [Fact]
    public void Fields_OfASchedule_AreBits()
    {
        CronSchedule.TryParse("0,30 8-10 */10 feb sun", out var schedule, out _).ShouldBeTrue();
        schedule.Minutes.ShouldBe((1UL << 0) | (1UL << 30));
        schedule.Hours.ShouldBe((1UL << 8) | (1UL << 9) | (1UL << 10));
        schedule.Days.ShouldBe((1UL << 1) | (1UL << 11) | (1UL << 21) | (1UL << 31));
        schedule.Months.ShouldBe(1UL << 2);
        schedule.Weekdays.ShouldBe(1UL << 0);
    }

    [Fact]
    public void Days_ThatDoNotRestrict_AreMarked()
    {
        CronSchedule.TryParse("0 0 * * 1", out var schedule, out _).ShouldBeTrue();
        (schedule.Days & CronSchedule.AnyBit).ShouldNotBe(0UL);
        (schedule.Weekdays & CronSchedule.AnyBit).ShouldBe(0UL);
    }

    [Theory]
    [InlineData("@every 90s", 90)]
    [InlineData("@every 1h2m3s", 3723)]
    [InlineData("@every 1.5m", 90)]
    [InlineData("@every 10ms", 1)]
    public void Period_OfASchedule_IsWholeSeconds(string text, int seconds)
    {
        CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
        schedule.Every.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("Europe/Paris", true)]
    [InlineData("Etc/GMT+1", true)]
    [InlineData("UTC", true)]
    [InlineData("AMERICA/new_york", false)]
    [InlineData("Europe/", false)]
    [InlineData("Pacific Standard Time", false)]
    [InlineData("UTC-11", false)]
    public void Zone_OfTheDatabase_IsFoundByItsNameOnly(string name, bool isFound) => TimeZones.TryFind(name, out _).ShouldBe(isFound);
}
