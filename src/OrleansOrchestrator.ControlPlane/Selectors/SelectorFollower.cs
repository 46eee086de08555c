using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>Keeps a <see cref="SelectorIndex{TOwner}"/> of one namespace's primaries up to date with their cache.</summary>
/// <remarks>Belongs to one grain: everything runs in its turns.</remarks>
internal sealed class SelectorFollower(
    WatchCache cache, ObjectFilter filter, Func<KubeObject, LabelSelector> selectorOf, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Watcher? _watcher;
    private long _reached = -1;

    /// <summary>Which primaries, by name, select a label set.</summary>
    public SelectorIndex<string> Index { get; private set; } = new();

    /// <summary>Brings the index to at least a revision of the primaries.</summary>
    public async Task ReachAsync(long revision)
    {
        while (_reached < revision)
        {
            await cache.EnsureFreshAsync(Freshness.AtLeast(revision), _stopping.Token);
            try
            {
                _watcher ??= await BeginAsync();
                // The watcher is told at once how far it has seen, if nothing of this namespace has changed.
                foreach (var @event in await _watcher.ReadAsync(TimeSpan.Zero, time, _stopping.Token))
                    Apply(@event);
            }
            catch (ApiException expired) when (expired.Code == 410)
            {
                _watcher = null;
                _reached = -1;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null)
            cache.Unwatch(_watcher);
        await _stopping.CancelAsync();
        _stopping.Dispose();
    }

    private async Task<Watcher> BeginAsync()
    {
        Index = new SelectorIndex<string>();
        return await cache.WatchAsync(new WatchQuery(filter, null, Freshness.Any), _stopping.Token);
    }

    private void Apply(WatchEvent @event)
    {
        _reached = Math.Max(_reached, @event.Revision);
        if (@event.Object is not { } obj)
            return;
        Index.Remove(obj.Key.Name);
        if (@event.Type != WatchEventType.Deleted)
            Index.Add(obj.Key.Name, selectorOf(obj.Peek()));
    }
}
