using CsCheck;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Tests.Eviction;

/// <summary>What a node is short of follows from what was left at each look, and from nothing else.</summary>
public sealed class PressureHistoryTests
{
    private const long Capacity = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Transition = TimeSpan.FromSeconds(35);
    private static readonly EvictionThreshold Hard = new(EvictionSignal.MemoryAvailable, new ThresholdAmount(10, 0), TimeSpan.Zero, new ThresholdAmount(5, 0));
    private static readonly EvictionThreshold Soft = new(EvictionSignal.MemoryAvailable, new ThresholdAmount(0, 0.3m), TimeSpan.FromSeconds(20), default);
    private static readonly EvictionThreshold OfDisk = new(EvictionSignal.NodeFsAvailable, new ThresholdAmount(0, 0.1m), TimeSpan.Zero, default);
    private static readonly EvictionThreshold[] All = [OfDisk, Hard, Soft];

    [Fact]
    public void Next_BelowAHardThreshold_IsDueAtOnce()
    {
        var history = Look(PressureHistory.Empty, 0, memory: 9);

        history.Due.ShouldBe([Hard]);
        history.Conditions.ShouldBe([PressureCondition.Memory]);
    }

    [Fact]
    public void Next_BelowASoftThreshold_IsShortAtOnceAndDueAfterItsTime()
    {
        var history = Look(PressureHistory.Empty, 0, memory: 29);
        history.Conditions.ShouldBe([PressureCondition.Memory]);
        history.Due.ShouldBeEmpty();

        Look(Look(history, 1, memory: 29), 2, memory: 29).Due.ShouldBe([Soft]);
        Look(Look(history, 1, memory: 30), 2, memory: 29).Due.ShouldBeEmpty();
    }

    [Fact]
    public void Next_AfterAShortage_IsDueUntilMoreIsLeftThanTheThreshold()
    {
        var due = Look(PressureHistory.Empty, 0, memory: 9);

        Look(due, 1, memory: 14).Due.ShouldBe([Hard]);
        Look(due, 1, memory: 15).Due.ShouldBeEmpty();
        Look(PressureHistory.Empty, 0, memory: 14).Due.ShouldBeEmpty();
    }

    [Fact]
    public void Next_ShortOfMemoryAndDisk_BeginsWithMemory() => Look(PressureHistory.Empty, 0, memory: 5, disk: 5).Due.ShouldBe([Hard, OfDisk]);

    [Fact]
    public void Next_WithoutReadings_IsShortOfNothing() =>
        PressureHistory.Empty.Next(All, NodeReadings.None, Transition, TimeSpan.Zero).Due.ShouldBeEmpty();

    [Fact]
    public void Next_AnyReadings_AgreesWithTheDefinition() =>
        Gen.Select(Gen.Long[0, 40], Gen.Long[5, 15]).Array[1, 30].Sample(readings =>
        {
            var history = PressureHistory.Empty;
            var wasDue = false;
            for (var at = 0; at < readings.Length; at++)
            {
                history = Look(history, at, readings[at].Item1, readings[at].Item2);

                // Of the history up to now, by the words of the documentation.
                wasDue = readings[at].Item1 < (wasDue ? 15 : 10);
                var softSince = Enumerable.Range(0, at + 1).Reverse().TakeWhile(i => readings[i].Item1 < 30).Count() - 1;
                var isSoftDue = softSince >= 0 && softSince * Period >= Soft.GracePeriod;
                var recently = readings.Take(at + 1).Reverse().TakeWhile((_, ago) => ago == 0 || ago * Period < Transition).ToList();

                history.Due.Contains(Hard).ShouldBe(wasDue);
                history.Due.Contains(Soft).ShouldBe(isSoftDue);
                history.Due.Contains(OfDisk).ShouldBe(readings[at].Item2 < 10);
                history.Conditions.Contains(PressureCondition.Memory).ShouldBe(recently.Exists(one => one.Item1 < 30));
                history.Conditions.Contains(PressureCondition.Disk).ShouldBe(recently.Exists(one => one.Item2 < 10));
                history.Conditions.Contains(PressureCondition.Pid).ShouldBeFalse();
            }
        });

    private static PressureHistory Look(PressureHistory history, int at, long memory, long disk = 50) => history.Next(
        All,
        new NodeReadings
        {
            Signals = new Dictionary<EvictionSignal, SignalReading>
            {
                [EvictionSignal.MemoryAvailable] = new(memory, Capacity),
                [EvictionSignal.NodeFsAvailable] = new(disk, Capacity),
            },
        },
        Transition,
        at * Period);
}
