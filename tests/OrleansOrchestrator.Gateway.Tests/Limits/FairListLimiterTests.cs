using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Limits;

public sealed class FairListLimiterTests
{
    private readonly FairListLimiter _limiter = new(new GatewayOptions { LargeListSeats = 1, LargeListsPerUserMax = 3, RetryAfterSeconds = 3 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Seat_ThatBecomesFree_GoesToTheNextUserInTurn()
    {
        var order = new List<string>();
        var seated = await _limiter.AcquireAsync("holder", Cancellation);
        Task[] lists = [ListAsync("greedy"), ListAsync("greedy"), ListAsync("greedy"), ListAsync("modest")];
        seated.Dispose();
        await Task.WhenAll(lists).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        order.ShouldBe(["greedy", "modest", "greedy", "greedy"]);

        async Task ListAsync(string user)
        {
            using var permit = await _limiter.AcquireAsync(user, Cancellation);
            order.Add(user);
        }
    }

    [Fact]
    public async Task Acquire_BeyondTheLimitOfAUser_IsTooManyRequestsForThatUserOnly()
    {
        using var first = await _limiter.AcquireAsync("a", Cancellation);
        using var leaving = new CancellationTokenSource();
        var second = _limiter.AcquireAsync("a", leaving.Token).AsTask();
        var third = _limiter.AcquireAsync("a", leaving.Token).AsTask();
        var refused = await Should.ThrowAsync<ApiException>(async () => await _limiter.AcquireAsync("a", Cancellation));
        refused.Code.ShouldBe(429);
        refused.Status.Details.RetryAfterSeconds.ShouldBe(3);

        var other = _limiter.AcquireAsync("b", leaving.Token).AsTask();
        other.IsCompleted.ShouldBeFalse();
        await leaving.CancelAsync();
        foreach (var waiting in new[] { second, third, other })
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Acquire_ThatIsCancelled_LeavesSeatAndQueueToOthers()
    {
        var first = await _limiter.AcquireAsync("a", Cancellation);
        using var leaving = new CancellationTokenSource();
        var cancelled = _limiter.AcquireAsync("b", leaving.Token).AsTask();
        var next = _limiter.AcquireAsync("c", Cancellation).AsTask();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        first.Dispose();
        (await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation)).Dispose();
        (await _limiter.AcquireAsync("b", Cancellation)).Dispose();
    }

    [Fact]
    public async Task Release_WhileTheClientReads_LetsAnotherIn()
    {
        using var slow = await _limiter.AcquireAsync("slow", Cancellation);
        var quick = _limiter.AcquireAsync("quick", Cancellation).AsTask();
        quick.IsCompleted.ShouldBeFalse();
        slow.Release();
        var permit = await quick.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var back = slow.ReacquireAsync(Cancellation).AsTask();
        back.IsCompleted.ShouldBeFalse();
        permit.Dispose();
        await back.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }
}
