using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class SingleFlightHeadReadTests
{
    private readonly List<TaskCompletionSource<long>> _asked = [];
    private readonly SingleFlightHeadRead _heads;

    public SingleFlightHeadReadTests() => _heads = new SingleFlightHeadRead(() =>
    {
        var answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
            _asked.Add(answer);
        return answer.Task;
    });

    [Fact]
    public async Task SingleFlightHeadRead_ThoseWhoComeWhileAQuestionIsUnderWay_ShareTheNextOne()
    {
        var first = _heads.ReadAsync();
        var later = Enumerable.Range(0, 50).Select(_ => _heads.ReadAsync()).ToList();
        _asked.Count.ShouldBe(1);

        // The first answer may be older than those questions.
        _asked[0].SetResult(1);
        (await first).ShouldBe(1);
        later.ShouldAllBe(task => !task.IsCompleted);

        await AskedAsync(2);
        _asked[1].SetResult(2);
        (await Task.WhenAll(later)).ShouldAllBe(head => head == 2);
        _asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task SingleFlightHeadRead_Failure_ReachesThoseOfItsQuestionOnly()
    {
        var first = _heads.ReadAsync();
        var second = _heads.ReadAsync();
        _asked[0].SetException(new TimeoutException());
        await Should.ThrowAsync<TimeoutException>(first);
        await AskedAsync(2);
        _asked[1].SetResult(2);
        (await second).ShouldBe(2);

        var third = _heads.ReadAsync();
        _asked[2].SetResult(3);
        (await third).ShouldBe(3);
    }

    [Fact]
    public async Task SingleFlightHeadRead_QuestionThatThrowsAtOnce_DoesNotBlockTheNext()
    {
        var isBroken = true;
        var heads = new SingleFlightHeadRead(() => isBroken ? throw new InvalidOperationException() : Task.FromResult(7L));
        await Should.ThrowAsync<InvalidOperationException>(heads.ReadAsync());
        isBroken = false;
        (await heads.ReadAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task SingleFlightHeadRead_ManyAtOnce_NeverGetAnAnswerOlderThanTheirQuestion()
    {
        var head = 0L;
        var asked = 0;
        var heads = new SingleFlightHeadRead(async () =>
        {
            Interlocked.Increment(ref asked);
            var answer = Interlocked.Read(ref head);
            await Task.Yield();
            return answer;
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var known = Interlocked.Increment(ref head);
                (await heads.ReadAsync()).ShouldBeGreaterThanOrEqualTo(known);
            }
        })));
        asked.ShouldBeLessThanOrEqualTo(16_000);
    }

    private Task AskedAsync(int count) => Eventually.HoldsAsync(
        () =>
        {
            lock (_asked)
                return Task.FromResult(_asked.Count >= count);
        });
}
