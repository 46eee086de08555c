using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

/// <summary>Reads a watch, and holds it to what a watch from its revision must show.</summary>
internal sealed class WatchReader(ScriptedStore store, Watcher watcher, ObjectFilter filter, long after)
{
    private readonly List<(WatchEventType Type, long Revision)> _events = [];
    private readonly long _after = after;
    private long _bookmark = after;

    /// <summary>The largest number of events that came at once.</summary>
    public int LargestBatch { get; private set; }

    /// <summary>Reads until it has been told that it has seen everything up to a revision.</summary>
    public async Task ReadUntilAsync(long revision, CancellationToken cancellationToken)
    {
        while (_bookmark < revision)
            await ReadOnceAsync(cancellationToken);
        ShouldHaveSeen(revision);
    }

    public async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var batch = await watcher.ReadAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        LargestBatch = Math.Max(LargestBatch, batch.Count);
        foreach (var @event in batch)
        {
            if (@event.Type == WatchEventType.Bookmark)
            {
                @event.Revision.ShouldBeGreaterThanOrEqualTo(_bookmark);
                _bookmark = @event.Revision;
                ShouldHaveSeen(_bookmark);
            }
            else
            {
                @event.Object!.Revision.ShouldBe(@event.Revision);
                _events.Add((@event.Type, @event.Revision));
            }
        }
    }

    /// <summary>Everything up to a revision, once and in order.</summary>
    private void ShouldHaveSeen(long revision) => _events.Where(@event => @event.Revision <= revision).ShouldBe(Expected(revision));

    private IEnumerable<(WatchEventType Type, long Revision)> Expected(long revision)
    {
        foreach (var change in store.Changes.Where(change => change.Revision > _after && change.Revision <= revision))
        {
            var did = change.Previous is { } previous && filter.Matches(previous);
            var does = change.Type != Storage.Log.LogChangeType.Deleted && filter.Matches(change.Object);
            if (did || does)
                yield return (!did ? WatchEventType.Added : does ? WatchEventType.Modified : WatchEventType.Deleted, change.Revision);
        }
    }
}
