using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>Keeps the selectors of one relation's primaries up to date with their cache, and matches labels against them.</summary>
/// <remarks>
/// Safe for concurrent use: grains of the same silo use it without a call. It reads more events when it needs a revision that it has
/// not reached. A primary with an unreadable selector selects nothing, and is reported.
/// </remarks>
internal sealed class SelectorIndexer(
    string reconciler, Relation relation, WatchCache cache, ObjectFilter filter, ObjectFaults faults, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Lock _gate = new();
    private SelectorIndex<ObjectKey> _index = new();
    private Watcher? _watcher;
    private long _reached = -1;

    /// <summary>Finds the primaries whose selectors match any of the label sets.</summary>
    /// <param name="labels">The label sets.</param>
    /// <param name="revision">The revision of the primaries that the answer must reflect.</param>
    /// <param name="found">Receives the primaries.</param>
    public async Task FindAsync(IEnumerable<LabelSet> labels, long revision, ISet<ObjectKey> found)
    {
        while (!TryFind(labels, revision, found))
            await ReachAsync(revision);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Forget();
    }

    private bool TryFind(IEnumerable<LabelSet> labels, long revision, ISet<ObjectKey> found)
    {
        lock (_gate)
        {
            if (_reached < revision)
                return false;
            foreach (var set in labels)
                _index.Match(set, found);
            return true;
        }
    }

    private async Task ReachAsync(long revision)
    {
        await _reading.WaitAsync(_stopping.Token);
        try
        {
            while (Volatile.Read(ref _reached) < revision)
                await ReadAsync(revision);
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task ReadAsync(long revision)
    {
        await cache.EnsureFreshAsync(Freshness.AtLeast(revision), _stopping.Token);
        try
        {
            _watcher ??= await cache.WatchAsync(new WatchQuery(filter, null, Freshness.Any), _stopping.Token);

            // If nothing of this namespace has changed, the watcher returns a bookmark at once.
            var events = await _watcher.ReadAsync(TimeSpan.Zero, time, _stopping.Token);
            lock (_gate)
            {
                foreach (var @event in events)
                    Apply(@event);
            }
        }
        catch (ApiException expired) when (expired.Code == 410)
        {
            Forget();
        }
    }

    private void Forget()
    {
        lock (_gate)
        {
            if (_watcher is not null)
                cache.Unwatch(_watcher);
            _watcher = null;
            _reached = -1;
            _index = new SelectorIndex<ObjectKey>();
        }
    }

    private void Apply(WatchEvent @event)
    {
        // The present objects arrive in key order, and are complete with their closing bookmark. Until then no revision is reached.
        if (@event.Object is not { } obj)
        {
            _reached = Math.Max(_reached, @event.Revision);
            return;
        }

        if (_reached >= 0)
            _reached = Math.Max(_reached, @event.Revision);
        _index.Remove(obj.Key);
        if (@event.Type != WatchEventType.Deleted)
            faults.Try(reconciler, obj, primary => _index.Add(primary.Key, relation.SelectorOf(primary.SharedModel()) ?? LabelSelector.Nothing));
    }
}
