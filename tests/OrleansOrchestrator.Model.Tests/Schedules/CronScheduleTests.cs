using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Model.Tests.Schedules;

public class CronScheduleTests
{
    [Theory]
    [InlineData("0 22-23 1,15 jan-MAR mon-Fri")]
    [InlineData("? ? ? ? ?")]
    [InlineData("5/15 * * * *")]
    [InlineData("@yearly")]
    [InlineData("@hourly")]
    [InlineData("TZ=Europe/Paris 0 3 * * *")]
    [InlineData("CRON_TZ=Etc/UTC @daily")]
    public void Schedule_ThatKubernetesTakes_IsRead(string text) => CronSchedule.TryParse(text, out _, out var fault).ShouldBeTrue(fault);

    [Theory]
    [InlineData("", "expected exactly 5 fields, found 0: []")]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]")]
    [InlineData("60 * * * *", "Value must be a number between 0 and 59")]
    [InlineData("* * 0 * *", "Days of month")]
    [InlineData("x * * * *", "Minutes")]
    [InlineData("@never", "unrecognized descriptor: @never")]
    [InlineData("@every 5m", "unrecognized descriptor: @every 5m")]
    [InlineData("TZ=Mars/Olympus * * * * *", "provided bad location Mars/Olympus: unknown time zone Mars/Olympus")]
    public void Schedule_ThatIsMalformed_IsRefusedWithItsFault(string text, string expected)
    {
        CronSchedule.TryParse(text, out _, out var fault).ShouldBeFalse();
        fault.ShouldContain(expected);
    }

    [Theory]
    [InlineData("*/15 * * * *", "2026-01-01T00:15:00Z")]
    [InlineData("@monthly", "2026-02-01T00:00:00Z")]
    [InlineData("0 0 13 * *", "2026-01-13T00:00:00Z")]
    [InlineData("0 0 13 * fri", "2026-01-02T00:00:00Z")]
    [InlineData("0 0 2 * mon", "2026-01-02T00:00:00Z")]
    [InlineData("0 0 */2 * mon", "2026-01-05T00:00:00Z")]
    [InlineData("0 0 30 2 *", null)]
    public void Next_AfterNewYear_IsAsCronCounts(string text, string? expected)
    {
        CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
        var newYear = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        schedule.Next(newYear, TimeZoneInfo.Utc).ShouldBe(expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Next_InAZone_GoesByItsClocks()
    {
        CronSchedule.TryParse("30 3 * * *", out var schedule, out _).ShouldBeTrue();
        TimeZones.TryFind("Europe/Paris", out var paris).ShouldBeTrue();
        schedule.Next(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero), paris).ShouldBe(new DateTimeOffset(2026, 7, 1, 1, 30, 0, TimeSpan.Zero));
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
