using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.GrainStates;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>What is stored of what controllers remember.</summary>
public sealed class ControllerMemoryTests : IAsyncLifetime
{
    private const int Many = 300;

    private readonly CountingStorage _storage = new();
    private readonly SqliteFile _file = new();
    private TestSilo _silo = null!;

    private IControllerMemoryGrain Grain => _silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IControllerMemoryGrain>("test/0");

    public async ValueTask InitializeAsync() => _silo = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Fact]
    public async Task Write_OfOneAmongMany_StoresNoOther()
    {
        var reader = (await Grain.ReadAsync()).Reader;
        await Grain.WriteAsync(reader, Enumerable.Range(0, Many).ToDictionary(Key, _ => "before"));
        _storage.Written.Clear();

        await Grain.WriteAsync(reader, new() { [Key(7)] = "after" });

        _storage.Written.Count.ShouldBe(1);
        (await Grain.PeekAsync()).Count(entry => entry.Value == "after").ShouldBe(1);
    }

    [Fact]
    public async Task Entries_ComeAndGo_AreReadAgainAndTakeNoMoreRoom()
    {
        var reader = (await Grain.ReadAsync()).Reader;
        for (var round = 0; round < 5; round++)
        {
            var changes = Enumerable.Range(0, 10).ToDictionary(i => Key((round * 10) + i), i => $"{round}");
            foreach (var key in (await Grain.PeekAsync()).Keys)
                changes[key] = "";
            (await Grain.WriteAsync(reader, changes)).ShouldBeTrue();
        }

        await _silo.DisposeAsync();
        _silo = await StartAsync();

        var read = await Grain.PeekAsync();
        read.Keys.Order().ShouldBe(Enumerable.Range(40, 10).Select(Key).Order());
        read.Values.ShouldAllBe(memory => memory == "4");
        _storage.States.ShouldBe(10 + 1, "the entries, and where they are");
    }

    [Fact]
    public async Task Write_OfAnEntryThatSomebodyElseHasWritten_IsRefusedAndReadAnew()
    {
        var reader = (await Grain.ReadAsync()).Reader;
        await Grain.WriteAsync(reader, new() { ["default/a"] = "own" });
        _storage.Change<ControllerMemoryEntry>(entry => entry.Key == "default/a", new ControllerMemoryEntry { Key = "default/a", Memory = "another's" });

        await Should.ThrowAsync<Exception>(() => Grain.WriteAsync(reader, new() { ["default/a"] = "newer" }));

        await Eventually.HoldsAsync(async () => (await Grain.ReadAsync()).Entries["default/a"] == "another's", "what is stored counts");
        (await Grain.WriteAsync(reader, new() { ["default/a"] = "newer" })).ShouldBeFalse("who has not read what is stored may not write");
    }

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"default/web-{number:000}");

    private Task<TestSilo> StartAsync() => _file.StartSiloAsync(add: services => services.AddKeyedSingleton<IGrainStorage>(GrainStateStorage.Provider, _storage));

    /// <summary>States in memory, with their versions.</summary>
    private sealed class CountingStorage : IGrainStorage
    {
        private readonly ConcurrentDictionary<(string State, GrainId Grain), (object Value, int Version)> _states = new();

        public ConcurrentQueue<GrainId> Written { get; } = new();

        public int States => _states.Count;

        /// <summary>Writes a state as another activation does.</summary>
        public void Change<T>(Func<T, bool> isMeant, T value)
            where T : notnull
        {
            var (id, known) = _states.Single(state => state.Value.Value is T present && isMeant(present));
            _states[id] = (value, known.Version + 1);
        }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = _states.TryGetValue((stateName, grainId), out var known);
            (grainState.State, grainState.ETag) = grainState.RecordExists ? ((T)known.Value, VersionOf(known.Version)) : (Activator.CreateInstance<T>(), null!);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var version = _states.TryGetValue((stateName, grainId), out var known) ? known.Version : 0;
            if ((grainState.ETag ?? VersionOf(0)) != VersionOf(version))
                throw new InconsistentStateException("written by somebody else");
            _states[(stateName, grainId)] = (grainState.State!, version + 1);
            grainState.ETag = VersionOf(version + 1);
            Written.Enqueue(grainId);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

        private static string VersionOf(int version) => version.ToString(CultureInfo.InvariantCulture);
    }
}
