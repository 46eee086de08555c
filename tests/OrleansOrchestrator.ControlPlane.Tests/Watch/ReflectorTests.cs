using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class ReflectorTests : IAsyncLifetime
{
    private readonly ScriptedStore _store = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _seen = [];
    private WatchCache _cache = null!;

    public ValueTask InitializeAsync()
    {
        _cache = new WatchCache(Samples.Pods, _store, new WatchOptions(), TimeProvider.System, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _cache.DisposeAsync();
        _stopping.Dispose();
    }

    [Fact]
    public async Task AHandlerThatFails_IsGivenTheChanceToLookForWhatIsGone_AndThenThePresentObjects()
    {
        _store.Put("a");
        _store.Put("b");
        var hasFailed = false;
        var following = FollowAsync(name =>
        {
            if (name == "-b" && !hasFailed)
            {
                hasFailed = true;
                throw new InvalidOperationException("the handler is not well");
            }
        });
        await UntilSeenAsync("begin", "+a", "+b");
        _store.Delete("b");
        await UntilSeenAsync("begin", "+a", "+b", "begin", "+a");
        await _stopping.CancelAsync();
        await following;
    }

    [Fact]
    public async Task Reflector_Gap_StartsOver()
    {
        _store.Put("a");
        var following = FollowAsync(_ => { });
        await UntilSeenAsync("begin", "+a");
        _store.Hold(true);
        _store.Delete("a");
        _store.Put("b");
        _store.Compact(_store.Head);
        _store.Hold(false);
        await UntilSeenAsync("begin", "+a", "begin", "+b");
        await _stopping.CancelAsync();
        await following;
    }

    private Task FollowAsync(Action<string> handle) => new Reflector(TimeProvider.System, NullLogger<Reflector>.Instance).FollowAsync(
        _cache,
        () => Note("begin"),
        events =>
        {
            foreach (var @event in events.Where(@event => @event.Object is not null))
            {
                var name = (@event.Type == WatchEventType.Deleted ? "-" : "+") + @event.Object!.Key.Name;
                handle(name);
                Note(name);
            }

            return Task.CompletedTask;
        },
        _stopping.Token);

    private void Note(string what)
    {
        lock (_seen)
            _seen.Add(what);
    }

    private Task UntilSeenAsync(params string[] wanted) => Eventually.HoldsAsync(
        () =>
        {
            lock (_seen)
                return Task.FromResult(_seen.SequenceEqual(wanted));
        });
}
