using OrleansOrchestrator.Node.Eviction;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Eviction;

public sealed class PodMeterTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A container that ends while it is measured has no memory, and does not make its pod the first to be evicted.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Measure_OfAPodWithAContainerThatWasNotMeasured_LooksAgain(bool hasEnded)
    {
        var meter = Meter(hasEnded ? ContainerPhase.Exited : ContainerPhase.Running, _ => Task.FromResult<IReadOnlyDictionary<string, ContainerStorage>>(new Dictionary<string, ContainerStorage>()));

        var measured = await meter.MeasureAsync([(TestPods.Shell("a", ""), Sandbox(ContainerPhase.Running))], Cancelled);

        measured.ShouldHaveSingleItem().Usage?.MemoryBytes.ShouldBe(100);
        (measured[0].Usage is not null).ShouldBe(hasEnded);
    }

    [Fact]
    public async Task MeasureStorage_OfAPodWithTooManyFiles_EndsInTimeAndSaysSo()
    {
        var meter = Meter(ContainerPhase.Exited, _ => new TaskCompletionSource<IReadOnlyDictionary<string, ContainerStorage>>().Task);

        var measured = await meter.MeasureStorageAsync([(TestPods.Shell("a", ""), Sandbox(ContainerPhase.Running))], TimeSpan.FromMilliseconds(200), Cancelled);

        measured.ShouldHaveSingleItem().IsPartial.ShouldBeTrue();
        measured[0].Usage!.MemoryBytes.ShouldBe(100);
    }

    private static PodMeter Meter(ContainerPhase now, Func<object?[], object?> storage) => new(
        StubRuntime.With(new Dictionary<string, Func<object?[], object?>>
        {
            ["MeasureAsync"] = _ => Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(new Dictionary<string, ContainerUsage> { ["main"] = new(0, 100) }),
            ["MeasureStorageAsync"] = storage,
            ["InspectAsync"] = _ => Task.FromResult<PodSandbox?>(Sandbox(now)),
            ["PlaceOf"] = _ => null,
        }),
        _ => "/none",
        TimeProvider.System);

    private static PodSandbox Sandbox(ContainerPhase other) => new()
    {
        Id = "s",
        PodUid = "u",
        PodName = "a",
        PodNamespace = "default",
        Containers =
        [
            new ContainerInstance { Id = "main", Name = "main", Attempt = 0, Phase = ContainerPhase.Running },
            new ContainerInstance { Id = "other", Name = "other", Attempt = 0, Phase = other },
        ],
    };
}
