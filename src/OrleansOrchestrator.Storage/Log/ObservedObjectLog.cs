using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Storage.Log;

/// <summary>
/// Describes in words what is wrong with a log's database, judged by the failures of those who use it. Logs once when a fault begins,
/// now and then while it lasts, and when it is over, so that retries do not fill the disk with messages.
/// </summary>
/// <param name="log">The log. This object disposes of it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives the messages.</param>
public sealed partial class ObservedObjectLog(IObjectLog log, TimeProvider time, ILogger<ObservedObjectLog> logger) : IObjectLog
{
    // A reported fault expires after this time unless it occurs again: the database may have recovered, and callers who see a fault do
    // not try again by themselves.
    private static readonly TimeSpan FaultLasts = TimeSpan.FromSeconds(10);
    // Often enough for an operator who begins to read the log, and few lines a day.
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    // One fault may raise several different messages in turn: connection reset, refused, lost. Each message is logged once in a while;
    // this bounds how many are remembered.
    private const int MessagesMax = 8;

    private readonly Lock _gate = new();
    private Failure? _write;
    private Failure? _read;
    private readonly Dictionary<string, long> _logged = [];
    private long _began;
    private long _failures;

    /// <inheritdoc/>
    /// <remarks>Writes and reads are tracked apart: a database that can be read may still refuse every write.</remarks>
    public string? LastFault
    {
        get
        {
            lock (_gate)
                return Recent(_write) ?? Recent(_read);
        }
    }

    /// <inheritdoc/>
    public Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken) =>
        ReadingAsync(() => log.OpenAsync(shard, cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var objects = log.LoadAsync(shard, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await ReadingAsync(() => objects.MoveNextAsync().AsTask()))
            yield return objects.Current;
    }

    /// <inheritdoc/>
    public async Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken)
    {
        try
        {
            await log.CommitAsync(shard, epoch, commit, cancellationToken);
            Succeeded(ref _write);
        }
        catch (Exception e) when (e is LogUnavailableException or OutcomeUnknownException)
        {
            Failed(ref _write, e.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken) =>
        ReadingAsync(() => log.ReadHeadAsync(shard, epoch, cancellationToken));

    /// <inheritdoc/>
    public Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        ReadingAsync(async () =>
        {
            await log.RenewLeaseAsync(shard, epoch, leaseDuration, cancellationToken);
            return true;
        });

    /// <inheritdoc/>
    public Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken) =>
        log.ReleaseAsync(shard, epoch, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken) =>
        ReadingAsync(() => log.ReadChangesAsync(shard, afterRevision, limit, bytesMax, cancellationToken));

    /// <inheritdoc/>
    public Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken) =>
        ReadingAsync(() => log.TrimAsync(shard, minimumAge, minimumCount, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => log.DisposeAsync();

    private async Task<T> ReadingAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            var result = await operation();
            Succeeded(ref _read);
            return result;
        }
        catch (LogUnavailableException e)
        {
            Failed(ref _read, e.Message);
            throw;
        }
    }

    private string? Recent(Failure? failure) => failure is not null && time.GetElapsedTime(failure.At) < FaultLasts ? failure.Message : null;

    private void Succeeded(ref Failure? kind)
    {
        // On the path of every commit: takes no lock while there is no fault.
        if (Volatile.Read(ref kind) is null)
            return;
        lock (_gate)
        {
            kind = null;
            if (_logged.Count == 0 || Recent(_write) is not null || Recent(_read) is not null)
                return;
            LogRecovered(Math.Round(time.GetElapsedTime(_began).TotalSeconds, 1), _failures);
            (_write, _read, _failures) = (null, null, 0);
            _logged.Clear();
        }
    }

    private void Failed(ref Failure? kind, string message)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            kind = new Failure(message, now);
            if (_failures++ == 0)
                _began = now;
            var isKnown = _logged.TryGetValue(message, out var logged);
            if (isKnown ? time.GetElapsedTime(logged) < RepeatAfter : _logged.Count >= MessagesMax)
                return;
            _logged[message] = now;
            LogFault(message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The database is in trouble and tried again: {Why}")]
    private partial void LogFault(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database is well again after {Seconds} s and {Failures} failures")]
    private partial void LogRecovered(double seconds, long failures);

    private sealed record Failure(string Message, long At);
}
