using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class FollowerProgressTests
{
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly FollowerProgress _progress;
    private readonly Guid _near = Guid.NewGuid();
    private readonly Guid _far = Guid.NewGuid();

    public FollowerProgressTests() => _progress = new FollowerProgress(Trusted, _time);

    [Fact]
    public async Task WhenSeen_AllFollowersAreBeyondIt_EndsAtOnce()
    {
        _time.Advance(Trusted);
        _progress.Note(_near, 7);
        _progress.Note(_far, 8);
        await _progress.WhenSeenAsync(7);
    }

    [Fact]
    public async Task WhenSeen_AFollowerIsBehind_EndsWhenItAsksForMore()
    {
        _time.Advance(Trusted);
        _progress.Note(_near, 7);
        _progress.Note(_far, 6);
        var seen = _progress.WhenSeenAsync(7);
        seen.IsCompleted.ShouldBeFalse();
        _progress.Note(_far, 7);
        await seen;
    }

    [Fact]
    public async Task WhenSeen_AFollowerThatAsksNoMore_IsWaitedForUntilNobodyTrustsItsCache()
    {
        _time.Advance(Trusted);
        _progress.Note(_far, 6);
        var seen = _progress.WhenSeenAsync(7);
        _time.Advance(Trusted - TimeSpan.FromMilliseconds(1));
        seen.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await seen;
    }

    [Fact]
    public async Task WhenSeen_OfANewActivation_WaitsForThoseThatTheOneBeforeHasAnswered()
    {
        var seen = _progress.WhenSeenAsync(7);
        seen.IsCompleted.ShouldBeFalse();
        _time.Advance(Trusted);
        await seen;
    }

    [Fact]
    public async Task WhenSeen_AFollowerThatLeftLongAgo_IsNotWaitedFor()
    {
        _progress.Note(_far, 6);
        _time.Advance(3 * Trusted);
        await _progress.WhenSeenAsync(7);
    }
}
