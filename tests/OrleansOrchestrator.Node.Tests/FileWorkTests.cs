using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Work on files whose number a container decides blocks only threads of its own.</summary>
public sealed class FileWorkTests
{
    [Fact]
    public async Task Work_ThatBlocks_TakesNoThreadOfThePoolAndNoMoreThanItMay()
    {
        using var work = new FileWork(3);
        using var end = new ManualResetEventSlim();
        using var begun = new SemaphoreSlim(0);
        var ofPool = 0;
        var all = Enumerable.Range(0, 40).Select(_ => work.RunAsync(
            () =>
            {
                begun.Release();
                if (Thread.CurrentThread.IsThreadPoolThread)
                    Interlocked.Increment(ref ofPool);
                end.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
            },
            TestContext.Current.CancellationToken)).ToList();

        // Who renews the lease goes on meanwhile.
        await Eventually.HoldsAsync(() => begun.CurrentCount == 3, "each thread has some of it");
        for (var i = 0; i < 100; i++)
            await Task.Yield();
        begun.CurrentCount.ShouldBe(3);
        end.Set();
        await Task.WhenAll(all);

        begun.CurrentCount.ShouldBe(40);
        ofPool.ShouldBe(0);
    }

    [Fact]
    public async Task Work_ThatFails_FreesItsThread()
    {
        using var work = new FileWork(1);

        await Should.ThrowAsync<IOException>(work.RunAsync(() => throw new IOException(), TestContext.Current.CancellationToken));

        (await work.RunAsync(() => 1, TestContext.Current.CancellationToken)).ShouldBe(1);
    }
}
