using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Storage.Log;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Observing;

/// <summary>What is known and said of a log that fails, on a clock that stands still.</summary>
public sealed class ObservedObjectLogTests : IAsyncLifetime
{
    private static readonly ShardId Pods = new("pods");

    private readonly FakeTimeProvider _time = new();
    private readonly FailingLog _log = new();
    private readonly Said _said = new();
    private readonly ObservedObjectLog _observed;

    public ObservedObjectLogTests() => _observed = new ObservedObjectLog(_log, _time, _said);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _observed.DisposeAsync();

    [Fact]
    public async Task Trouble_OfAWrite_LastsUntilAWriteSucceeds()
    {
        _observed.LastFault.ShouldBeNull();
        _log.Fault = "no space";
        await FailAsync();
        _observed.LastFault.ShouldBe("no space");

        _log.Fault = null;
        await _observed.RenewLeaseAsync(Pods, 1, Lease, Cancellation);
        _observed.LastFault.ShouldBe("no space", "a read proves nothing of writes");

        await _observed.CommitAsync(Pods, 1, Commit(0), Cancellation);
        _observed.LastFault.ShouldBeNull();
    }

    [Fact]
    public async Task Trouble_ThatNobodyMeetsAnyMore_IsForgotten()
    {
        _log.Fault = "no space";
        await FailAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        _observed.LastFault.ShouldBeNull("whoever is told of it would not try, and never find out");
    }

    [Fact]
    public async Task Log_OfATrouble_SaysEachFaceOnceAMinuteAndItsEndOnce()
    {
        for (var i = 0; i < 100; i++)
        {
            _log.Fault = i % 2 == 0 ? "connection reset" : "connection refused";
            await FailAsync();
        }

        _said.Lines.ShouldBe(["The database is in trouble and tried again: connection reset", "The database is in trouble and tried again: connection refused"]);
        _time.Advance(TimeSpan.FromSeconds(61));
        await FailAsync();
        await FailAsync();
        _said.Lines.Count.ShouldBe(3);

        _log.Fault = null;
        for (var i = 0; i < 10; i++)
            await _observed.CommitAsync(Pods, 1, Commit(0), Cancellation);
        _said.Lines.Count.ShouldBe(4);
        _said.Lines[^1].ShouldBe("The database is well again after 61 s and 102 failures");
    }

    [Fact]
    public async Task Log_OfManyFaces_IsBounded()
    {
        for (var i = 0; i < 1000; i++)
        {
            _log.Fault = $"fault {i}";
            await FailAsync();
        }

        _said.Lines.Count.ShouldBe(8);
    }

    private Task FailAsync() => Should.ThrowAsync<LogUnavailableException>(() => _observed.CommitAsync(Pods, 1, Commit(0), Cancellation));

    private sealed class Said : ILogger<ObservedObjectLog>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }

    private sealed class FailingLog : IObjectLog
    {
        public string? Fault { get; set; }

        public Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken) =>
            AnswerAsync(new ShardOpening(1, 0, 0, TimeSpan.Zero));

        public IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, CancellationToken cancellationToken) => AsyncEnumerable.Empty<LogObject>();

        public Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken) => AnswerAsync(0);

        public Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken) => AnswerAsync(0L);

        public Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken) => AnswerAsync(0);

        public Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken) => AnswerAsync(0);

        public Task<IReadOnlyList<LogChange>> ReadChangesAsync(ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken) =>
            AnswerAsync<IReadOnlyList<LogChange>>([]);

        public Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken) => AnswerAsync(0L);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private Task<T> AnswerAsync<T>(T answer) =>
            Fault is { } fault ? Task.FromException<T>(new LogUnavailableException(fault)) : Task.FromResult(answer);
    }
}
