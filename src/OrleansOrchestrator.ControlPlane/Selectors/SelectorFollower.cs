using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>Keeps a <see cref="SelectorIndex{TOwner}"/> of one namespace's primaries up to date with their cache.</summary>
/// <remarks>
/// Belongs to one grain: everything runs in its turns. These interleave, but a watcher has one reader. A primary whose selector
/// cannot be read selects nothing, and is told of.
/// </remarks>
internal sealed class SelectorFollower(
    string reconciler, WatchCache cache, ObjectFilter filter, Func<KubeObject, LabelSelector> selectorOf, ObjectFaults faults, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _reading = new(1);
    private Watcher? _watcher;
    private long _reached = -1;

    /// <summary>Which primaries, by name, select a label set.</summary>
    public SelectorIndex<string> Index { get; private set; } = new();

    /// <summary>Brings the index to at least a revision of the primaries.</summary>
    public async Task ReachAsync(long revision)
    {
        if (_reached >= revision)
            return;
        await _reading.WaitAsync(_stopping.Token);
        try
        {
            await ReadUntilAsync(revision);
        }
        finally
        {
            _reading.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Forget();
        _stopping.Dispose();
    }

    private async Task ReadUntilAsync(long revision)
    {
        while (_reached < revision)
        {
            await cache.EnsureFreshAsync(Freshness.AtLeast(revision), _stopping.Token);
            try
            {
                if (_watcher is null)
                    await BeginAsync();

                // The watcher is told at once how far it has seen, if nothing of this namespace has changed.
                foreach (var @event in await _watcher!.ReadAsync(TimeSpan.Zero, time, _stopping.Token))
                    Apply(@event);
            }
            catch (ApiException expired) when (expired.Code == 410)
            {
                Forget();
            }
        }
    }

    private void Forget()
    {
        if (_watcher is not null)
            cache.Unwatch(_watcher);
        _watcher = null;
        _reached = -1;
    }

    private async Task BeginAsync()
    {
        _watcher = await cache.WatchAsync(new WatchQuery(filter, null, Freshness.Any), _stopping.Token);

        // The present objects are at hand: they fill the new index in this very turn, so that nobody finds it empty.
        Index = new SelectorIndex<string>();
    }

    private void Apply(WatchEvent @event)
    {
        _reached = Math.Max(_reached, @event.Revision);
        if (@event.Object is not { } obj)
            return;
        Index.Remove(obj.Key.Name);
        if (@event.Type != WatchEventType.Deleted)
            faults.Try(reconciler, obj, primary => Index.Add(primary.Key.Name, selectorOf(primary.Peek())));
    }
}
