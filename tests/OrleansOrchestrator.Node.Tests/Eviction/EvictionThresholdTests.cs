using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Tests.Eviction;

public sealed class EvictionThresholdTests
{
    private static readonly NodeAgentOptions Options = new() { DataDirectory = "data" };

    [Fact]
    public void Thresholds_ByDefault_AreTheKubelets() => Options.Thresholds.Select(threshold => (threshold.Signal.Name, threshold.Amount, threshold.GracePeriod)).ShouldBe(
    [
        ("memory.available", new ThresholdAmount(100 << 20, 0), TimeSpan.Zero),
        ("nodefs.available", new ThresholdAmount(0, 0.10m), TimeSpan.Zero),
        ("nodefs.inodesFree", new ThresholdAmount(0, 0.05m), TimeSpan.Zero),
        ("imagefs.available", new ThresholdAmount(0, 0.15m), TimeSpan.Zero),
        ("imagefs.inodesFree", new ThresholdAmount(0, 0.05m), TimeSpan.Zero),
    ]);

    [Theory]
    [InlineData("0%")]
    [InlineData("100%")]
    public void Thresholds_OfNothingOrEverything_AreNone(string amount) => (Options with { EvictionHard = One("nodefs.available", amount) }).Thresholds.ShouldBeEmpty();

    [Fact]
    public void Thresholds_SoftWithGraceAndReclaim_HaveBoth()
    {
        var options = Options with
        {
            EvictionHard = One("memory.available", "0%"),
            EvictionSoft = One("memory.available", "1Gi"),
            EvictionSoftGracePeriod = new Dictionary<string, TimeSpan> { ["memory.available"] = TimeSpan.FromMinutes(2) },
            EvictionMinimumReclaim = One("memory.available", "5%"),
        };

        var soft = options.Thresholds.ShouldHaveSingleItem();

        (soft.IsHard, soft.GracePeriod).ShouldBe((false, TimeSpan.FromMinutes(2)));
        soft.IsMet(new SignalReading((1L << 30) - 1, 10L << 30), wasMet: false).ShouldBeTrue();
        soft.IsMet(new SignalReading(1L << 30, 10L << 30), wasMet: false).ShouldBeFalse();
        soft.IsMet(new SignalReading(3L << 29, 10L << 30), wasMet: true).ShouldBeFalse();
        soft.IsMet(new SignalReading((3L << 29) - 1, 10L << 30), wasMet: true).ShouldBeTrue();
    }

    [Fact]
    public void Validate_UnusableThresholds_NamesEachFault()
    {
        var faults = NodeAgentOptionsValidator.Validate(Options with
        {
            EvictionHard = new Dictionary<string, string> { ["memory.free"] = "1Gi", ["pid.available"] = "120%" },
            EvictionSoft = new Dictionary<string, string> { ["memory.available"] = "-1", ["nodefs.available"] = "15%" },
            EvictionSoftGracePeriod = new Dictionary<string, TimeSpan> { ["imagefs.available"] = TimeSpan.FromMinutes(1) },
            SystemReserved = One("gpu", "1"),
            KubeReserved = One("memory", "much"),
            PodPidsLimit = 0,
            ImageGCLowThresholdPercent = 90,
        });

        faults.Count.ShouldBe(9, string.Join('\n', faults));
        faults.ShouldContain(fault => fault.StartsWith("EvictionHard has memory.free; there are", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("EvictionHard has \"120%\" for pid.available", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("EvictionSoft has \"-1\" for memory.available", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("EvictionSoft has nodefs.available, and EvictionSoftGracePeriod", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("EvictionSoftGracePeriod has imagefs.available", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("SystemReserved has gpu; there are", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.StartsWith("KubeReserved has \"much\" for memory", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> One(string signal, string amount) => new() { [signal] = amount };
}
