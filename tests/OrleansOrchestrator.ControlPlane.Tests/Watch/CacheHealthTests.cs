using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class CacheHealthTests : IAsyncLifetime
{
    private static readonly WatchOptions Options = new();

    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly ScriptedStore _store = new();
    private readonly Lines _lines = new();
    private WatchCaches _caches = null!;
    private CacheHealth _health = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _caches = new WatchCaches(_store, Options, _time, NullLoggerFactory.Instance);
        _health = new CacheHealth(_caches, Options, _time, _lines);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _caches.StopAsync(Cancellation);
        _health.Dispose();
    }

    [Fact]
    public async Task Cache_ThatHearsNothing_IsNamedOnceAndSoIsItsRecovery()
    {
        var cache = _caches[Samples.Pods];
        _store.Put("a");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        (await LookAsync()).ShouldBeNull();

        _store.Fail(int.MaxValue);
        _store.Put("b");
        await Eventually.HoldsAsync(() => cache.SilentBecause is not null);
        _time.Advance(Options.SilenceMax);
        (await LookAsync()).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await LookAsync()).ShouldBe("pods: nothing heard from the store for 6 s (the store is moving)");
        await LookAsync();
        _lines.ShouldHaveSingleItem().ShouldContain("pods");

        _store.Fail(0);
        await Eventually.HoldsAsync(
            async () =>
            {
                _time.Advance(Options.RetryPauseMax);
                return await LookAsync() is null;
            });
        _lines.Count.ShouldBe(2);
        cache.Find(new Model.Resources.ObjectKey("default", "b")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Cache_ThatCannotBeFilled_IsNamed()
    {
        _store.Fail(int.MaxValue);
        var cache = _caches[Samples.Pods];
        await Eventually.HoldsAsync(() => cache.SilentBecause is not null);
        _time.Advance(Options.SilenceMax + TimeSpan.FromSeconds(1));
        (await LookAsync()).ShouldNotBeNull().ShouldStartWith("pods: ");
    }

    [Fact]
    public async Task Cache_ThatIsRetired_IsNobodysConcern()
    {
        _store.Fail(int.MaxValue);
        _ = _caches[Samples.Pods];
        _caches.Retire(Samples.Pods.Name);
        _time.Advance(Options.SilenceMax + TimeSpan.FromSeconds(1));
        (await LookAsync()).ShouldBeNull();
    }

    private async Task<string?> LookAsync()
    {
        _health.Look();
        return await _health.CheckAsync(Cancellation);
    }

    private sealed class Lines : List<string>, ILogger<CacheHealth>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
