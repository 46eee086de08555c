using OrleansOrchestrator.ControlPlane.Watch;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class HeadQuestionTests
{
    private readonly List<TaskCompletionSource<long>> _asked = [];
    private readonly HeadQuestion _question;

    public HeadQuestionTests() => _question = new HeadQuestion(() =>
    {
        var answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
            _asked.Add(answer);
        return answer.Task;
    });

    [Fact]
    public async Task HeadQuestion_ThoseWhoComeWhileAQuestionIsUnderWay_ShareTheNextOne()
    {
        var first = _question.AskAsync();
        var later = Enumerable.Range(0, 50).Select(_ => _question.AskAsync()).ToList();
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
    public async Task HeadQuestion_Failure_ReachesThoseOfItsQuestionOnly()
    {
        var first = _question.AskAsync();
        var second = _question.AskAsync();
        _asked[0].SetException(new TimeoutException());
        await Should.ThrowAsync<TimeoutException>(first);
        await AskedAsync(2);
        _asked[1].SetResult(2);
        (await second).ShouldBe(2);

        var third = _question.AskAsync();
        _asked[2].SetResult(3);
        (await third).ShouldBe(3);
    }

    [Fact]
    public async Task HeadQuestion_QuestionThatThrowsAtOnce_DoesNotBlockTheNext()
    {
        var isBroken = true;
        var question = new HeadQuestion(() => isBroken ? throw new InvalidOperationException() : Task.FromResult(7L));
        await Should.ThrowAsync<InvalidOperationException>(question.AskAsync());
        isBroken = false;
        (await question.AskAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task HeadQuestion_ManyAtOnce_NeverGetAnAnswerOlderThanTheirQuestion()
    {
        var head = 0L;
        var asked = 0;
        var question = new HeadQuestion(async () =>
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
                (await question.AskAsync()).ShouldBeGreaterThanOrEqualTo(known);
            }
        })));
        asked.ShouldBeLessThanOrEqualTo(16_000);
    }

    private Task AskedAsync(int count) => Testing.Poll.UntilAsync(
        () =>
        {
            lock (_asked)
                return Task.FromResult(_asked.Count >= count);
        },
        TestContext.Current.CancellationToken);
}
