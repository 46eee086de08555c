using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Work on files whose number a container decides blocks only threads of its own.</summary>
public sealed class FileWorkTests
{
    [Fact]
    public async Task Work_ThatBlocks_TakesNoThreadOfThePoolAndNoMoreThanItMay()
    {
        using var work = new FileWork(3);
        using var end = new ManualResetEventSlim();
        var (running, most, ofPool) = (0, 0, 0);
        var all = Enumerable.Range(0, 40).Select(_ => work.RunAsync(
            () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                if (Thread.CurrentThread.IsThreadPoolThread)
                    Interlocked.Increment(ref ofPool);
                end.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
                Interlocked.Decrement(ref running);
            },
            TestContext.Current.CancellationToken)).ToList();

        // Who renews the lease goes on meanwhile.
        for (var i = 0; i < 100; i++)
            await Task.Yield();
        end.Set();
        await Task.WhenAll(all);

        most.ShouldBeLessThanOrEqualTo(3);
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
