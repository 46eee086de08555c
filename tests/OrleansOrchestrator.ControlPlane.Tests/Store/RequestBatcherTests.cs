using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class RequestBatcherTests
{
    private const int BytesMax = 1024 * 1024;

    private static readonly Func<int, int> Small = static _ => 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_WhileNobodyElseDoes_IsACallOfItsOwn()
    {
        var sizes = new List<int>();
        var calls = new RequestBatcher<int, int>(questions =>
        {
            sizes.Add(questions.Count);
            return Task.FromResult<IReadOnlyList<int>>([.. questions.Select(question => question * 2)]);
        }, Small, BytesMax);

        for (var i = 0; i < 10; i++)
            (await calls.SendAsync(i)).ShouldBe(i * 2);
        sizes.ShouldBe(Enumerable.Repeat(1, 10));
    }

    [Fact]
    public async Task Send_ByManyAtOnce_AnswersEachItsOwn()
    {
        var count = 0;
        var calls = new RequestBatcher<int, int>(async questions =>
        {
            Interlocked.Increment(ref count);
            await Task.Delay(5, Cancellation);
            return [.. questions.Select(question => question * 2)];
        }, Small, BytesMax);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(asker => Task.Run(
            async () =>
            {
                for (var i = 0; i < 50; i++)
                    (await calls.SendAsync((asker * 100) + i)).ShouldBe(((asker * 100) + i) * 2);
            },
            Cancellation)));
        count.ShouldBeLessThan(64 * 50);
    }

    [Fact]
    public async Task Send_ThatFails_FailsForItsCallOnly()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = new RequestBatcher<int, int>(async questions =>
        {
            await gate.Task;
            return questions.Contains(13) ? throw new InvalidOperationException("unlucky") : questions;
        }, Small, BytesMax);

        var first = calls.SendAsync(1);
        var unlucky = calls.SendAsync(13);
        gate.SetResult();
        (await first).ShouldBe(1);
        (await Should.ThrowAsync<InvalidOperationException>(unlucky)).Message.ShouldBe("unlucky");
        (await calls.SendAsync(2)).ShouldBe(2);
    }

    [Fact]
    public async Task Send_OfLargeThings_MakesNoCallMuchLargerThanItsBound()
    {
        const int Bytes = 700 * 1024;
        var largest = 0;
        var calls = new RequestBatcher<int, int>(async questions =>
        {
            largest = Math.Max(largest, questions.Count * Bytes);
            await Task.Delay(20, Cancellation);
            return questions;
        }, static _ => Bytes, BytesMax);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(calls.SendAsync));
        largest.ShouldBeInRange(2 * Bytes, BytesMax + Bytes);
    }
}
