using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ReadLeaseTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private int _renewals;

    [Fact]
    public async Task EnsureAsync_WhileItIsHeld_AsksNobody()
    {
        var lease = new ReadLease(Duration, _time, Renew);
        lease.RenewedAt(_time.GetTimestamp());
        _time.Advance(Duration - TimeSpan.FromMilliseconds(1));
        await lease.EnsureAsync();
        _renewals.ShouldBe(0);
    }

    [Fact]
    public async Task EnsureAsync_EachTimeThatItHasRunOut_RenewsIt()
    {
        var lease = new ReadLease(Duration, _time, Renew);
        for (var expected = 1; expected <= 3; expected++)
        {
            await lease.EnsureAsync();
            _renewals.ShouldBe(expected);
            _time.Advance(Duration);
        }
    }

    [Fact]
    public async Task EnsureAsync_ByManyAtOnce_AsksOnce()
    {
        var answer = new TaskCompletionSource();
        var lease = new ReadLease(Duration, _time, duration => { _renewals++; return answer.Task; });
        var waiting = Enumerable.Range(0, 10).Select(_ => lease.EnsureAsync()).ToList();
        waiting.ShouldAllBe(task => !task.IsCompleted);
        answer.SetResult();
        await Task.WhenAll(waiting);
        _renewals.ShouldBe(1);
    }

    [Fact]
    public async Task EnsureAsync_AfterAFailure_TriesAgain()
    {
        var isAway = true;
        var lease = new ReadLease(Duration, _time, _ =>
        {
            _renewals++;
            return isAway ? throw new LogUnavailableException("away") : Task.CompletedTask;
        });
        await Should.ThrowAsync<LogUnavailableException>(lease.EnsureAsync());
        isAway = false;
        await lease.EnsureAsync();
        _renewals.ShouldBe(2);
    }

    [Fact]
    public async Task EnsureAsync_AnsweredAfterItsOwnEnd_DoesNotGrantIt()
    {
        // The database renewed it at once, but the answer took so long that a new owner may have taken over meanwhile.
        var answer = new TaskCompletionSource();
        var lease = new ReadLease(Duration, _time, _ => answer.Task);
        var first = lease.EnsureAsync();
        _time.Advance(Duration);
        var late = lease.EnsureAsync();
        answer.SetResult();
        await Should.ThrowAsync<LogUnavailableException>(first);
        await Should.ThrowAsync<LogUnavailableException>(late);
    }

    [Fact]
    public async Task RenewedAt_AnEarlierMoment_DoesNotShortenIt()
    {
        var lease = new ReadLease(Duration, _time, Renew);
        var early = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        lease.RenewedAt(_time.GetTimestamp());
        lease.RenewedAt(early);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        await lease.EnsureAsync();
        _renewals.ShouldBe(0);
    }

    private Task Renew(TimeSpan duration)
    {
        duration.ShouldBe(Duration);
        _renewals++;
        return Task.CompletedTask;
    }
}
