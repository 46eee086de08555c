using System.Text.Json;
using CsCheck;
using k8s;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

/// <summary>Times are read and written as the package does it, whichever way they take.</summary>
public sealed class TimeConverterTests
{
    private static readonly JsonSerializerOptions Package = PackageOptions();

    [Fact]
    public void Time_Written_IsTheTextOfThePackage() =>
        (from ticks in Gen.Long[0, DateTime.MaxValue.Ticks]
         from isWhole in Gen.Bool
         from kind in OneOf(DateTimeKind.Utc, DateTimeKind.Unspecified, DateTimeKind.Local)
         select new DateTime(isWhole ? ticks - ticks % TimeSpan.TicksPerSecond : ticks, kind))
        .Sample(time => JsonSerializer.Serialize(time, ObjectCodec.Options).ShouldBe(JsonSerializer.Serialize(time, Package)));

    [Fact]
    public void Time_Read_IsWhatThePackageReads() =>
        (from digits in Gen.Int[0, 99].Array[6]
         from fraction in OneOf("", ".5", ".123456", ".1234567", ".123456789")
         from zone in OneOf("Z", "Z", "z", "", "+02:00", " Z")
         from separator in OneOf('T', 'T', 'T', 't', ' ')
         select $"20{digits[0]:00}-{digits[1] % 16:00}-{digits[2] % 34:00}{separator}{digits[3] % 26:00}:{digits[4] % 63:00}:{digits[5] % 63:00}{fraction}{zone}")
        .Sample(text => Read(text, ObjectCodec.Options).ShouldBe(Read(text, Package), text));

    [Theory]
    [InlineData("2026-02-29T03:04:05Z")]
    [InlineData("2026-01-02T24:00:00Z")]
    [InlineData("2026-01-02T03:04:60Z")]
    [InlineData("02026-01-2T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05.5")]
    [InlineData("2026-01-02T03:04.05Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("\\u0032026-01-02T03:04:05Z")]
    public void Time_AtTheEdge_IsWhatThePackageReads(string text) => Read(text, ObjectCodec.Options).ShouldBe(Read(text, Package));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>The time with its kind, or that it was refused, and how.</summary>
    private static string Read(string text, JsonSerializerOptions options)
    {
        try
        {
            var time = JsonSerializer.Deserialize<DateTime>($"\"{text}\"", options);
            return $"{time:o} {time.Kind}";
        }
        catch (Exception refused) when (refused is FormatException or JsonException)
        {
            return $"{refused.GetType()}: {refused.Message}";
        }
    }

    private static JsonSerializerOptions PackageOptions()
    {
        JsonSerializerOptions? options = null;
        KubernetesJson.AddJsonOptions(package => options = package);
        return options!;
    }
}
