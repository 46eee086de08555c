using Orleans.Placement;
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

/// <summary>The stored state.</summary>
[GenerateSerializer, Alias("ControllerMemoryState")]
internal sealed class ControllerMemoryState
{
    /// <summary>The entries, by the primary's key.</summary>
    [Id(0)]
    public Dictionary<string, string> Entries { get; set; } = [];
}

/// <inheritdoc cref="IControllerMemoryGrain"/>
/// <remarks>Two activations at once are harmless: the storage refuses the second writer, whose activation then ends.</remarks>
[PreferLocalPlacement]
internal sealed class ControllerMemoryGrain([PersistentState("controller-memory", GrainStateStorage.Provider)] IPersistentState<ControllerMemoryState> state)
    : Grain, IControllerMemoryGrain
{
    private Guid _reader;

    /// <inheritdoc/>
    public Task<MemorySnapshot> ReadAsync() => Task.FromResult(new MemorySnapshot(_reader = Guid.NewGuid(), new Dictionary<string, string>(state.State.Entries)));

    /// <inheritdoc/>
    public Task<Dictionary<string, string>> PeekAsync() => Task.FromResult(new Dictionary<string, string>(state.State.Entries));

    /// <inheritdoc/>
    public async Task<bool> WriteAsync(Guid reader, Dictionary<string, string> changes)
    {
        if (reader != _reader)
            return false;
        var before = state.State;
        var entries = new Dictionary<string, string>(before.Entries);
        foreach (var (key, memory) in changes)
        {
            if (memory.Length > 0)
                entries[key] = memory;
            else
                entries.Remove(key);
        }

        try
        {
            state.State = new ControllerMemoryState { Entries = entries };
            await state.WriteStateAsync();
        }
        catch
        {
            // Nothing is handed out that may not be durable. If it is, the next write is refused, and this activation ends.
            state.State = before;
            throw;
        }

        return true;
    }
}
