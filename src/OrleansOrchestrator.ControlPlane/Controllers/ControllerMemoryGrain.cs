using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Storage;
using OrleansOrchestrator.ControlPlane.GrainStates;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// The memory of one shard of a controller: what its plans wanted to be remembered, by the primary's key. It has the shard's key, such as
/// <c>horizontal-pod-autoscaler/2</c>.
/// </summary>
[Alias("IControllerMemoryGrain")]
internal interface IControllerMemoryGrain : IGrainWithStringKey
{
    /// <summary>Reads everything. The last reader is the only one that may write.</summary>
    [Alias("ReadAsync")]
    Task<MemorySnapshot> ReadAsync();

    /// <summary>Looks at everything, without becoming the reader who may write.</summary>
    [Alias("PeekAsync")]
    Task<Dictionary<string, string>> PeekAsync();

    /// <summary>Changes entries; an empty one is removed. The change is durable when the call returns.</summary>
    /// <returns>Whether the caller was the last reader. Otherwise nothing is changed.</returns>
    [Alias("WriteAsync")]
    Task<bool> WriteAsync(Guid reader, Dictionary<string, string> changes);
}

/// <summary>All that a shard remembers.</summary>
/// <param name="Reader">Names the reader.</param>
/// <param name="Entries">The entries, by the primary's key.</param>
[GenerateSerializer, Immutable, Alias("MemorySnapshot")]
internal sealed record MemorySnapshot([property: Id(0)] Guid Reader, [property: Id(1)] Dictionary<string, string> Entries);

/// <summary>The stored list of the keys that have an entry, and where it is.</summary>
[GenerateSerializer, Alias("ControllerMemoryKeys")]
internal sealed class ControllerMemoryKeys
{
    /// <summary>The place of the entry of each key.</summary>
    [Id(0)]
    public Dictionary<string, int> Places { get; set; } = [];
}

/// <summary>A stored entry.</summary>
[GenerateSerializer, Alias("ControllerMemoryEntry")]
internal sealed class ControllerMemoryEntry
{
    /// <summary>The key. If the place has been given to another key since, that one has no entry yet.</summary>
    [Id(0)]
    public string Key { get; set; } = "";

    /// <summary>What is remembered.</summary>
    [Id(1)]
    public string Memory { get; set; } = "";
}

/// <inheritdoc cref="IControllerMemoryGrain"/>
/// <remarks>
/// Each entry is a state of its own, so that a look at one primary writes as much as that primary remembers, however many the shard has.
/// The list of keys changes only when primaries come and go, and the places of those that are gone are used again. Two activations at once
/// are harmless: the storage refuses whoever writes a state that the other one has written since, and that activation then ends.
/// </remarks>
[PreferLocalPlacement]
internal sealed class ControllerMemoryGrain(
    [PersistentState("controller-memory-keys", GrainStateStorage.Provider)] IPersistentState<ControllerMemoryKeys> keys,
    [FromKeyedServices(GrainStateStorage.Provider)] IGrainStorage storage) : Grain, IControllerMemoryGrain
{
    private const string EntryState = "controller-memory-entry";
    // Entries that are read or written at the same time: enough to share round trips, few beside the connections of the database.
    private const int AtOnceMax = 16;

    private readonly Dictionary<int, GrainState<ControllerMemoryEntry>> _entries = [];
    private Guid _reader;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken) => ForAllAsync(keys.State.Places.Values, EntryAtAsync);

    /// <inheritdoc/>
    public Task<MemorySnapshot> ReadAsync() => Task.FromResult(new MemorySnapshot(_reader = Guid.NewGuid(), Entries()));

    /// <inheritdoc/>
    public Task<Dictionary<string, string>> PeekAsync() => Task.FromResult(Entries());

    /// <inheritdoc/>
    public async Task<bool> WriteAsync(Guid reader, Dictionary<string, string> changes)
    {
        if (reader != _reader)
            return false;
        try
        {
            await MakePlacesAsync(changes);
            await ForAllAsync(changes.Where(change => change.Value.Length > 0), change => WriteEntryAsync(change.Key, change.Value));
            return true;
        }
        catch
        {
            // What is stored is unknown, or another activation's. It is read anew before anything else is handed out.
            _reader = default;
            DeactivateOnIdle();
            throw;
        }
    }

    private Dictionary<string, string> Entries()
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, place) in keys.State.Places)
        {
            if (_entries[place].State is { } entry && entry.Key == key)
                entries[key] = entry.Memory;
        }

        return entries;
    }

    /// <summary>Gives new keys the lowest free places, and takes those of keys that are to be forgotten.</summary>
    private async Task MakePlacesAsync(Dictionary<string, string> changes)
    {
        var places = new Dictionary<string, int>(keys.State.Places, StringComparer.Ordinal);
        var added = changes.Where(change => change.Value.Length > 0 && !places.ContainsKey(change.Key)).ToList();
        var removed = changes.Count(change => change.Value.Length == 0 && places.Remove(change.Key));
        if (added.Count + removed == 0)
            return;

        var taken = places.Values.ToHashSet();
        var free = 0;
        foreach (var (key, _) in added)
        {
            while (taken.Contains(free))
                free++;
            places[key] = free++;
        }

        await ForAllAsync(places.Values.Where(place => !_entries.ContainsKey(place)), EntryAtAsync);
        keys.State = new ControllerMemoryKeys { Places = places };
        await keys.WriteStateAsync();
    }

    private async Task EntryAtAsync(int place)
    {
        var entry = new GrainState<ControllerMemoryEntry>(new ControllerMemoryEntry());
        await storage.ReadStateAsync(EntryState, IdOf(place), entry);
        _entries[place] = entry;
    }

    private Task WriteEntryAsync(string key, string memory)
    {
        var place = keys.State.Places[key];
        _entries[place].State = new ControllerMemoryEntry { Key = key, Memory = memory };
        return storage.WriteStateAsync(EntryState, IdOf(place), _entries[place]);
    }

    private GrainId IdOf(int place) => GrainId.Create("controller-memory", string.Create(CultureInfo.InvariantCulture, $"{this.GetPrimaryKeyString()}/{place}"));

    private static async Task ForAllAsync<T>(IEnumerable<T> items, Func<T, Task> action)
    {
        foreach (var some in items.Chunk(AtOnceMax))
            await Task.WhenAll(some.Select(action));
    }
}
