using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Loops.Tests;

/// <summary>The helper of tests that waits.</summary>
public sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private int _looks;

    [Fact]
    public async Task Holds_ConditionThatComes_Ends()
    {
        await Eventually.HoldsAsync(() => ++_looks == 3);

        _looks.ShouldBe(3);
    }

    [Fact]
    public async Task Holds_ConditionThatDoesNotCome_SaysWhatAndHowLong()
    {
        var failure = await Should.ThrowAsync<TimeoutException>(Eventually.HoldsAsync(() => _looks > 0, within: Short));

        failure.Message.ShouldContain("() => _looks > 0");
        failure.Message.ShouldMatch(@"in \d+\.\d s \(\d+ looks\)");
    }

    [Fact]
    public async Task Is_OtherValue_SaysTheLastOne()
    {
        var failure = await Should.ThrowAsync<TimeoutException>(Eventually.IsAsync(() => 7, 3, "three pods run", Short));

        failure.Message.ShouldContain("three pods run");
        failure.Message.ShouldContain("last: 7 in place of 3");
    }

    [Fact]
    public async Task Answers_QuestionWithAnAnswer_ReturnsIt()
    {
        (await Eventually.AnswersAsync(() => ++_looks == 3 ? "yes" : null)).ShouldBe("yes");

        (await Should.ThrowAsync<TimeoutException>(Eventually.AnswersAsync(() => default(string), "an answer", Short)))
            .Message.ShouldContain("last: no answer");
    }

    [Fact]
    public async Task Passes_AssertionThatFails_SaysItsLastFailure()
    {
        await Eventually.PassesAsync(() => (++_looks).ShouldBeGreaterThan(2));

        var failure = await Should.ThrowAsync<TimeoutException>(Eventually.PassesAsync(() => "grey".ShouldBe("green"), "it is green", Short));
        failure.Message.ShouldContain("it is green");
        failure.Message.ShouldContain("grey");
        failure.InnerException.ShouldBeOfType<ShouldAssertException>();
    }

    [Fact]
    public async Task Passes_RequestWithoutAnAnswerInTime_IsRepeated()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var client = new HttpClient { Timeout = Short };

        await Eventually.PassesAsync(async () =>
        {
            if (++_looks < 3)
                await client.GetStringAsync($"http://{silent.LocalEndpoint}/");
        });

        _looks.ShouldBe(3);
    }

    [Fact]
    public async Task Passes_Cancellation_EndsTheWait() =>
        await Should.ThrowAsync<OperationCanceledException>(Eventually.PassesAsync(void () => throw new OperationCanceledException("it is over")));

    [Fact]
    public async Task Holds_ConditionThatThrows_EndsTheWait() =>
        await Should.ThrowAsync<InvalidOperationException>(Eventually.HoldsAsync(bool () => throw new InvalidOperationException()));
}
