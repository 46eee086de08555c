using CsCheck;
using OrleansOrchestrator.Model.Schedules;

namespace OrleansOrchestrator.Model.Tests.Schedules;

public class CronScheduleTests
{
    [Theory]
    [InlineData("0 22-23 1,15 jan-MAR mon-Fri")]
    [InlineData("? ? ? ? ?")]
    [InlineData("5/15 * * * *")]
    [InlineData("*/100 */1 5,* *-3 */9")]
    [InlineData("+5 07 , * sun")]
    [InlineData("@yearly")]
    [InlineData("@hourly")]
    [InlineData("@every 1h30m")]
    [InlineData("@every -5m")]
    [InlineData("TZ=Europe/Paris 0 3 * * *")]
    [InlineData("CRON_TZ=Etc/UTC @daily")]
    public void Schedule_ThatKubernetesTakes_IsRead(string text) => CronSchedule.TryParse(text, out _, out var fault).ShouldBeTrue(fault);

    [Theory]
    [InlineData("", "expected exactly 5 fields, found 0: []")]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]")]
    [InlineData("60 * * * *", "end of range (60) above maximum (59): 60")]
    [InlineData("* * 0 * *", "beginning of range (0) below minimum (1): 0")]
    [InlineData("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("99999999999 * * * *", "failed to parse int from 99999999999: strconv.Atoi: parsing \"99999999999\": value out of range")]
    [InlineData("0 0 L * *", "failed to parse int from L")]
    [InlineData("0 0 15W * *", "failed to parse int from 15W")]
    [InlineData("0 0 * * 5#2", "failed to parse int from 5#2")]
    [InlineData("0 0 * * 7", "end of range (7) above maximum (6): 7")]
    [InlineData("0 22-2 * * *", "beginning of range (22) beyond end of range (2): 22-2")]
    [InlineData("0 1-2-3 * * *", "too many hyphens: 1-2-3")]
    [InlineData("*/2/3 * * * *", "too many slashes: */2/3")]
    [InlineData("*/0 * * * *", "step of range should be a positive number: */0")]
    [InlineData("-5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax")]
    [InlineData("@never", "unrecognized descriptor: @never")]
    [InlineData("@every", "unrecognized descriptor: @every")]
    [InlineData("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\"")]
    [InlineData("@every soon", "failed to parse duration @every soon: time: invalid duration \"soon\"")]
    [InlineData("@every  5m", "failed to parse duration @every  5m: time: invalid duration \" 5m\"")]
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
    [InlineData("0 0 */2 * mon", "2026-01-03T00:00:00Z")]
    [InlineData("0 0 13 * */2", "2026-01-03T00:00:00Z")]
    [InlineData("0 0 5,* * mon", "2026-01-05T00:00:00Z")]
    [InlineData("0 0 , * mon", "2026-01-05T00:00:00Z")]
    [InlineData(", 0 * * *", null)]
    [InlineData("0 0 30 2 *", null)]
    public void Next_AfterNewYear_IsAsCronCounts(string text, string? expected)
    {
        CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
        var newYear = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        schedule.Next(newYear, TimeZoneInfo.Utc).ShouldBe(expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("@every 10m", "2026-01-01T00:10:03Z")]
    [InlineData("TZ=Europe/Paris @every 10m", "2026-01-01T00:10:03Z")]
    [InlineData("@every 1h1.9s", "2026-01-01T01:00:04Z")]
    [InlineData("@every 1ms", "2026-01-01T00:00:04Z")]
    [InlineData("@every -1h", "2026-01-01T00:00:04Z")]
    public void Next_OfAnInterval_IsWholeSecondsAfterTheMoment(string text, string expected)
    {
        CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
        var moment = new DateTimeOffset(2026, 1, 1, 0, 0, 3, 700, TimeSpan.Zero);
        schedule.Next(moment, TimeZoneInfo.Utc).ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Next_OfAnIntervalAtTheEndOfTime_IsNone()
    {
        CronSchedule.TryParse("@every 10m", out var schedule, out _).ShouldBeTrue();
        schedule.Next(DateTimeOffset.MaxValue, TimeZoneInfo.Utc).ShouldBeNull();
    }

    [Fact]
    public void Next_OfAnyDays_IsTheFirstDayThatTheirMeaningAllows()
    {
        var item = (int min, int max) => Gen.Select(Gen.Int[0, 3], Gen.Int[min, max], Gen.Int[min, max], Gen.Int[1, max + 2]).Select((form, a, b, step) => form switch
        {
            0 => (Text: $"{a}", Days: (HashSet<int>)[a], IsOpen: false),
            1 => (Text: $"{Math.Min(a, b)}-{Math.Max(a, b)}", Days: [.. Enumerable.Range(Math.Min(a, b), Math.Abs(a - b) + 1)], IsOpen: false),
            2 => (Text: $"{a}/{step}", Days: [.. Enumerable.Range(a, max - a + 1).Where(day => (day - a) % step == 0)], IsOpen: false),
            _ => (Text: $"*/{step}", Days: [.. Enumerable.Range(min, max - min + 1).Where(day => (day - min) % step == 0)], IsOpen: step == 1),
        });
        Gen.Select(item(1, 31).Array[1, 2], item(0, 6).Array[1, 2], Gen.Int[0, 2000]).Sample((dates, weekdays, offset) =>
        {
            var text = $"0 0 {string.Join(',', dates.Select(one => one.Text))} * {string.Join(',', weekdays.Select(one => one.Text))}";
            var isEither = !dates.Any(one => one.IsOpen) && !weekdays.Any(one => one.IsOpen);
            bool Allows(DateTimeOffset day)
            {
                var (onDate, onWeekday) = (dates.Any(one => one.Days.Contains(day.Day)), weekdays.Any(one => one.Days.Contains((int)day.DayOfWeek)));
                return isEither ? onDate || onWeekday : onDate && onWeekday;
            }

            var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(offset);
            CronSchedule.TryParse(text, out var schedule, out var fault).ShouldBeTrue(fault);
            schedule.Next(from, TimeZoneInfo.Utc).ShouldBe(Enumerable.Range(1, 4000).Select(days => from.AddDays(days)).First(Allows), text);
        });
    }

    // Kubernetes leaves out the skipped time, and follows the repeated one twice.
    [Theory]
    [InlineData("30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    public void Next_TimeThatTheClocksSkipOrRepeat_ComesOnce(string text, string after, string first, string second)
    {
        CronSchedule.TryParse(text, out var schedule, out _).ShouldBeTrue();
        TimeZones.TryFind("Europe/Paris", out var paris).ShouldBeTrue();
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        var next = schedule.Next(DateTimeOffset.Parse(after, culture), paris);
        next.ShouldBe(DateTimeOffset.Parse(first, culture));
        schedule.Next(next!.Value, paris).ShouldBe(DateTimeOffset.Parse(second, culture));
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
