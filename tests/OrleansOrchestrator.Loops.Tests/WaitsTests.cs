using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class WaitsTests
{
    private static readonly Gen<TimeSpan> AnySpan = Gen.Long.Select(TimeSpan.FromTicks);

    [Fact]
    public void Clamp_AnySpan_IsWhatATimerTakes() => AnySpan.Sample(span =>
    {
        var wait = Waits.Clamp(span);
        using var timer = TimeProvider.System.CreateTimer(static _ => { }, null, wait, Timeout.InfiniteTimeSpan);
        wait.ShouldBeInRange(TimeSpan.Zero, Waits.Longest);
        if (span >= TimeSpan.Zero && span <= Waits.Longest)
            wait.ShouldBe(span);
    });

    [Fact]
    public void After_AnyTimeAndSpan_IsTheSumOrTheEndOfTime() => Gen.Select(Gen.DateTimeOffset, AnySpan).Sample((start, span) =>
    {
        var ticks = (Int128)start.UtcTicks + span.Ticks;
        var expected = (long)Int128.Clamp(ticks, DateTimeOffset.MinValue.UtcTicks, DateTimeOffset.MaxValue.UtcTicks);

        Waits.After(start, span).UtcTicks.ShouldBe(expected);
    });

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    public void Seconds_AnyNumber_IsASpan(long seconds) =>
        Math.Sign(Waits.Seconds(seconds).Ticks).ShouldBe(Math.Sign(seconds));

    [Fact]
    public async Task Delay_LongerThanATimer_LastsThatLong()
    {
        var time = new FakeTimeProvider();
        var delay = time.DelayAsync(TimeSpan.FromDays(100), TestContext.Current.CancellationToken);
        for (var day = 0; day < 100; day++)
        {
            delay.IsCompleted.ShouldBeFalse();
            time.Advance(TimeSpan.FromDays(1));
            await Task.Yield();
        }

        await delay.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }
}
