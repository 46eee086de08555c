using CsCheck;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class WakeSignalTests
{
    private readonly WakeSignal _signal = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wake_WhoeverWaits_IsWokenAtOnce()
    {
        var first = _signal.Next;
        var second = _signal.Next;
        first.IsCompleted.ShouldBeFalse();

        _signal.Wake();

        await first.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        await second.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
    }

    [Fact]
    public void Wake_WhoeverComesLater_WaitsForTheNext()
    {
        _signal.Wake();

        _signal.Next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Wake_WaiterWithCodeOfItsOwn_DoesNotRunItInTheWaker()
    {
        var isWaking = true;
        var ranInside = _signal.Next.ContinueWith(
            _ => SpinWait.SpinUntil(() => !Volatile.Read(ref isWaking), TimeSpan.FromSeconds(10)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        _signal.Wake();
        Volatile.Write(ref isWaking, false);

        (await ranInside).ShouldBeTrue("it runs beside the waker, who goes on meanwhile");
    }

    [Fact]
    public async Task Next_WaiterThatGivesUp_LeavesTheOthersWaiting()
    {
        using var giving = new CancellationTokenSource();
        var impatient = _signal.Next.WaitAsync(giving.Token);
        var patient = _signal.Next;

        await giving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(impatient);
        patient.IsCompleted.ShouldBeFalse();
        _signal.Wake();
        await patient.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
    }

    /// <summary>However the steps of wakers and waiters fall between each other, no waiter sleeps through the last change.</summary>
    [Fact]
    public async Task Wake_WakersAndWaitersAtOnce_LosesNoChange() =>
        await Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 100]).SampleAsync(
            (wakers, waiters, changes) => LosesNothingAsync(wakers, waiters, changes).WaitAsync(TimeSpan.FromSeconds(30), Cancelled),
            iter: 300);

    [Fact]
    public void Wake_NobodyWaits_AllocatesNothing()
    {
        _signal.Wake();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
            _signal.Wake();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static async Task LosesNothingAsync(int wakers, int waiters, int changes)
    {
        var signal = new WakeSignal();
        var state = 0;
        var waiting = Enumerable.Range(0, waiters).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var next = signal.Next;
                if (Volatile.Read(ref state) == wakers * changes)
                    return;
                await next;
            }
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, wakers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < changes; i++)
            {
                Interlocked.Increment(ref state);
                signal.Wake();
            }
        })));
        await Task.WhenAll(waiting);
    }
}
