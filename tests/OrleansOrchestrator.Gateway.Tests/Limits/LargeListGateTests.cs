using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Limits;

public sealed class LargeListGateTests
{
    private readonly LargeListGate _gate = new(new GatewayOptions { LargeListSeats = 1, LargeListsPerUserMax = 3, RetryAfterSeconds = 3 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Seat_ThatBecomesFree_GoesToTheNextUserInTurn()
    {
        var order = new List<string>();
        var seated = await _gate.EnterAsync("holder", Cancellation);
        Task[] lists = [ListAsync("greedy"), ListAsync("greedy"), ListAsync("greedy"), ListAsync("modest")];
        seated.Dispose();
        await Task.WhenAll(lists).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        order.ShouldBe(["greedy", "modest", "greedy", "greedy"]);

        async Task ListAsync(string user)
        {
            using var turn = await _gate.EnterAsync(user, Cancellation);
            order.Add(user);
        }
    }

    [Fact]
    public async Task Enter_BeyondTheLimitOfAUser_IsTooManyRequestsForThatUserOnly()
    {
        using var first = await _gate.EnterAsync("a", Cancellation);
        using var leaving = new CancellationTokenSource();
        var second = _gate.EnterAsync("a", leaving.Token).AsTask();
        var third = _gate.EnterAsync("a", leaving.Token).AsTask();
        var refused = await Should.ThrowAsync<ApiException>(async () => await _gate.EnterAsync("a", Cancellation));
        refused.Code.ShouldBe(429);
        refused.Status.Details.RetryAfterSeconds.ShouldBe(3);

        var other = _gate.EnterAsync("b", leaving.Token).AsTask();
        other.IsCompleted.ShouldBeFalse();
        await leaving.CancelAsync();
        foreach (var waiting in new[] { second, third, other })
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Enter_ThatIsCancelled_LeavesSeatAndQueueToOthers()
    {
        var first = await _gate.EnterAsync("a", Cancellation);
        using var leaving = new CancellationTokenSource();
        var cancelled = _gate.EnterAsync("b", leaving.Token).AsTask();
        var next = _gate.EnterAsync("c", Cancellation).AsTask();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        first.Dispose();
        (await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation)).Dispose();
        (await _gate.EnterAsync("b", Cancellation)).Dispose();
    }

    [Fact]
    public async Task Leave_WhileTheClientReads_LetsAnotherIn()
    {
        using var slow = await _gate.EnterAsync("slow", Cancellation);
        var quick = _gate.EnterAsync("quick", Cancellation).AsTask();
        quick.IsCompleted.ShouldBeFalse();
        slow.Leave();
        var turn = await quick.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var back = slow.ReturnAsync(Cancellation).AsTask();
        back.IsCompleted.ShouldBeFalse();
        turn.Dispose();
        await back.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }
}
