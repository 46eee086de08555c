using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// What a shard's plans wanted to be remembered. Belongs to one activation of the shard, and runs in its turns. What is saved at the
/// same time is one write. A shard that was replaced by another activation can save nothing, and so starts nothing.
/// </summary>
/// <param name="grain">Keeps the memory.</param>
internal sealed class ControllerMemory(IControllerMemoryGrain grain)
{
    private Task<MemorySnapshot>? _reading;
    private MemorySnapshot? _snapshot;
    private Dictionary<string, string> _unsaved = [];
    private Task _saving = Task.CompletedTask;
    private Task? _next;

    /// <summary>The keys with a memory, as far as it has been read.</summary>
    public IEnumerable<ObjectKey> Keys => _snapshot is { } read ? [.. read.Entries.Keys.Select(ObjectKey.Parse)] : [];

    /// <summary>The memory of a key; empty if there is none.</summary>
    /// <exception cref="ApiException">503: it cannot be read.</exception>
    public async Task<string> FindAsync(ObjectKey key) => (await ReadAsync()).Entries.GetValueOrDefault(key.ToString()) ?? "";

    /// <summary>Replaces the memory of a key; an empty one is forgotten. It is durable afterwards.</summary>
    /// <exception cref="ApiException">503: it could not be saved.</exception>
    public Task SaveAsync(ObjectKey key, string memory)
    {
        _unsaved[key.ToString()] = memory;
        return _next ??= SaveNextAsync();
    }

    private async Task<MemorySnapshot> ReadAsync()
    {
        try
        {
            return _snapshot ??= await (_reading ??= grain.ReadAsync());
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            _reading = null;
            throw ApiErrors.ServiceUnavailable($"the controller's memory cannot be read: {failure.Message}");
        }
    }

    private async Task SaveNextAsync()
    {
        // Whoever saves meanwhile joins this write.
        await Task.Yield();
        await _saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        (_saving, _next) = (_next!, null);
        var changes = _unsaved;
        _unsaved = [];
        var snapshot = await ReadAsync();
        try
        {
            if (!await grain.WriteAsync(snapshot.Reader, changes))
                throw ApiErrors.ServiceUnavailable("another activation has taken over the controller's memory");
        }
        catch (Exception failure)
        {
            (_reading, _snapshot) = (null, null);
            throw failure as ApiException ?? ApiErrors.ServiceUnavailable($"the controller's memory cannot be saved: {failure.Message}");
        }

        foreach (var (key, memory) in changes)
        {
            if (memory.Length > 0)
                snapshot.Entries[key] = memory;
            else
                snapshot.Entries.Remove(key);
        }
    }
}
