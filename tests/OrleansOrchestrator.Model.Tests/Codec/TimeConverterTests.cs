using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

/// <summary>Times are read as Go reads them, and written as Kubernetes writes them.</summary>
public sealed class TimeConverterTests
{
    [Fact]
    public void Time_Written_HasWholeSecondsInUtc() =>
        (from ticks in Gen.Long[0, DateTime.MaxValue.Ticks]
         from kind in OneOf(DateTimeKind.Utc, DateTimeKind.Unspecified)
         select new DateTime(ticks, kind))
        .Sample(time => JsonSerializer.Serialize(time, ObjectCodec.Options)
            .ShouldBe(time.ToString("'\"'yyyy-MM-dd'T'HH:mm:ss'Z\"'", CultureInfo.InvariantCulture)));

    [Fact]
    public void Time_WrittenWithAnyOffset_IsReadAsTheSameInstant() =>
        (from ticks in Gen.Long[DateTime.MinValue.AddDays(2).Ticks, DateTime.MaxValue.AddDays(-2).Ticks]
         from minutes in Gen.Int[-14 * 60, 14 * 60]
         select new DateTimeOffset(ticks - (ticks % TimeSpan.TicksPerMinute) + (ticks % TimeSpan.TicksPerSecond), TimeSpan.FromMinutes(minutes)))
        .Sample(time => Read(time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture)).ShouldBe(time.UtcDateTime));

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.0000000")]
    [InlineData("2026-01-02T3:04:05Z", "2026-01-02T03:04:05.0000000")]
    [InlineData("2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.5000000")]
    [InlineData("2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05.5000000")]
    [InlineData("2026-01-02T03:04:05.123456789123Z", "2026-01-02T03:04:05.1234567")]
    [InlineData("2026-01-02T03:04:05-08:30", "2026-01-02T11:34:05.0000000")]
    [InlineData("2026-01-02T03:04:05+24:60", "2026-01-01T02:04:05.0000000")]
    [InlineData("\\u0032026-01-02T03:04:05Z", "2026-01-02T03:04:05.0000000")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000")]
    [InlineData("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.0000000")]
    public void Time_ThatGoReads_IsRead(string text, string instant) =>
        Read(text).ShouldBe(DateTime.ParseExact(instant, "yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("abc", """parsing time "abc" as "2006-01-02T15:04:05Z07:00": cannot parse "abc" as "2006".""")]
    [InlineData("", """parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006".""")]
    [InlineData("2026-01-02", """parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T".""")]
    [InlineData("2026-01-02t03:04:05Z", """parsing time "2026-01-02t03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse "t03:04:05Z" as "T".""")]
    [InlineData("2026-01-02T03:04:05", """parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00".""")]
    [InlineData("2026-01-02T03:04:05z", """parsing time "2026-01-02T03:04:05z" as "2006-01-02T15:04:05Z07:00": cannot parse "z" as "Z07:00".""")]
    [InlineData("2026-01-02T03:04:05.Z", """parsing time "2026-01-02T03:04:05.Z" as "2006-01-02T15:04:05Z07:00": cannot parse ".Z" as "Z07:00".""")]
    [InlineData("2026-13-02T03:04:05Z", """parsing time "2026-13-02T03:04:05Z": month out of range.""")]
    [InlineData("2026-02-29T03:04:05Z", """parsing time "2026-02-29T03:04:05Z": day out of range.""")]
    [InlineData("2026-01-02T24:00:00Z", """parsing time "2026-01-02T24:00:00Z": hour out of range.""")]
    [InlineData("2026-01-02T03:04:60Z", """parsing time "2026-01-02T03:04:60Z": second out of range.""")]
    [InlineData("2026-01-02T03:04:05+25:00", """parsing time "2026-01-02T03:04:05+25:00": time zone offset hour out of range.""")]
    [InlineData("2026-01-02T03:04:05Zx", """parsing time "2026-01-02T03:04:05Zx": extra text: "x".""")]
    [InlineData("0001-01-01T00:00:00+01:00", """parsing time "0001-01-01T00:00:00+01:00": year out of range.""")]
    [InlineData("9999-12-31T23:59:59-01:00", """parsing time "9999-12-31T23:59:59-01:00": year out of range.""")]
    public void Time_ThatGoRefuses_IsRefusedInItsWords(string text, string why)
    {
        var refusal = Should.Throw<JsonException>(() => Read(text));

        DecodeFaults.Explain(FaultOf(text), Pod(text), typeof(V1Pod)).ShouldBe(why[..^1]);
        refusal.Message.ShouldStartWith(why[..^1]);
    }

    [Fact]
    public void MicroTime_OfAWholeSecond_HasSixDigits()
    {
        var lease = new V1LeaseSpec { AcquireTime = At(2), RenewTime = At(2).AddTicks(1234567) };

        Encoding.UTF8.GetString(ObjectCodec.Encode(lease)).ShouldBe(
            """{"acquireTime":"2026-01-01T00:00:02.000000Z","renewTime":"2026-01-01T00:00:02.123456Z"}""");
        ObjectCodec.Decode<V1LeaseSpec>(ObjectCodec.Encode(lease)).AcquireTime.ShouldBe(At(2));
    }

    [Fact]
    public void MicroTime_OfAnEvent_HasSixDigits()
    {
        Encoding.UTF8.GetString(ObjectCodec.Encode(new Corev1Event { EventTime = At(3), FirstTimestamp = At(3), Series = new() { LastObservedTime = At(4) } }))
            .ShouldBe("""{"eventTime":"2026-01-01T00:00:03.000000Z","firstTimestamp":"2026-01-01T00:00:03Z","series":{"lastObservedTime":"2026-01-01T00:00:04.000000Z"}}""");
        Encoding.UTF8.GetString(ObjectCodec.Encode(new Eventsv1Event { EventTime = At(3), Series = new() { LastObservedTime = At(4), Count = 1 } }))
            .ShouldBe("""{"eventTime":"2026-01-01T00:00:03.000000Z","series":{"count":1,"lastObservedTime":"2026-01-01T00:00:04.000000Z"}}""");
    }

    private static DateTime At(int second) => new(2026, 1, 1, 0, 0, second, DateTimeKind.Utc);

    private static byte[] Pod(string time) => Encoding.UTF8.GetBytes($$$"""{"metadata":{"creationTimestamp":"{{{time}}}"}}""");

    private static JsonException FaultOf(string time) => Should.Throw<JsonException>(() => ObjectCodec.Decode<V1Pod>(Pod(time)));

    private static DateTime Read(string text) => JsonSerializer.Deserialize<DateTime>($"\"{text}\"", ObjectCodec.Options);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
