namespace OrleansOrchestrator.Loops.Tests;

/// <remarks>Alone, because what other tests allocate is in the same heap.</remarks>
[Collection(nameof(WakeSignalMemoryTests))]
[CollectionDefinition(nameof(WakeSignalMemoryTests), DisableParallelization = true)]
public sealed class WakeSignalMemoryTests
{
    [Fact]
    public async Task Next_ManyWaitsThatTimeOut_LeaveNothingBehind()
    {
        var signal = new WakeSignal();
        await GiveUpAsync(signal, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await GiveUpAsync(signal, 20_000);

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(200_000, "20,000 waiters that gave up hold no memory");
        signal.Next.IsCompleted.ShouldBeFalse();
    }

    private static async Task GiveUpAsync(WakeSignal signal, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var giving = new CancellationTokenSource();
            var waiting = signal.Next.CompletesWithinAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, giving.Token);
            await giving.CancelAsync();
            (await waiting).ShouldBeFalse();
        }
    }
}
