using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class StoreCallsTests
{
    private static readonly StoreOptions Options = new();

    private readonly FakeTimeProvider _time = new();
    private readonly StoreCalls _calls;

    public StoreCallsTests() => _calls = new StoreCalls(new SilentStore(), Options, _time);

    [Fact]
    public async Task Question_WhoseAnswerIsLost_IsGivenUpSoon()
    {
        var asking = AskAsync();
        _time.Advance(Options.FollowWait + Options.AnswerWithin);
        await Should.ThrowAsync<TimeoutException>(asking);
    }

    [Fact]
    public async Task Question_WhoseAnswerTakesLong_IsGivenTwiceTheTimeAgainAndAgain()
    {
        var within = Options.AnswerWithin;
        while (within < Options.AnswerWithinMax)
        {
            var asking = AskAsync();
            _time.Advance(Options.FollowWait + within - TimeSpan.FromMilliseconds(1));
            asking.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Should.ThrowAsync<TimeoutException>(asking);
            within *= 2;
        }

        var last = AskAsync();
        _time.Advance(Options.FollowWait + Options.AnswerWithinMax);
        await Should.ThrowAsync<TimeoutException>(last);

        // An answer ends that.
        (await _calls.AskAsync(static _ => Task.FromResult(7))).ShouldBe(7);
        var next = AskAsync();
        _time.Advance(Options.FollowWait + Options.AnswerWithin);
        await Should.ThrowAsync<TimeoutException>(next);
    }

    private Task<ChangeBatch> AskAsync() => _calls.AskAsync(static store => store.FollowAsync(0, Guid.Empty, waits: true), Options.FollowWait);

    /// <summary>A store whose answers are all lost.</summary>
    private sealed class SilentStore : IResourceStoreGrain
    {
        public Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes) => Lost<IReadOnlyList<CommitResult>>();

        public Task<Model.Resources.StoredObject?> ReadForWriteAsync(string @namespace, string name) => Lost<Model.Resources.StoredObject?>();

        public Task<Model.Resources.StoredObject?> ReadSettledAsync(string @namespace, string name) => Lost<Model.Resources.StoredObject?>();

        public Task<long> GetHeadAsync() => Lost<long>();

        public Task<ChangeBatch> FollowAsync(long afterRevision, Guid follower, bool waits) => Lost<ChangeBatch>();

        public Task WhenSeenAsync(long revision) => Lost<bool>();

        public Task<ChangeBatch> ReadChangesAsync(long afterRevision) => Lost<ChangeBatch>();

        public Task<SnapshotPage> ReadSnapshotAsync(string afterNamespace, string afterName) => Lost<SnapshotPage>();

        public Task<IReadOnlyList<string>> FindHeldAsync(IReadOnlyList<string> claims) => Lost<IReadOnlyList<string>>();

        private static Task<T> Lost<T>() => new TaskCompletionSource<T>().Task;
    }
}
