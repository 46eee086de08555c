using System.Globalization;
using Orleans.Storage;
using OrleansOrchestrator.Storage.Sqlite;

namespace OrleansOrchestrator.ControlPlane.GrainStates;

/// <summary>Adapts <see cref="SqliteGrainStates"/> to Orleans. The AdoNet provider would open the file by itself, but the file has a
/// single writer.</summary>
internal sealed class SqliteGrainStorage(SqliteGrainStates states, IGrainStorageSerializer serializer) : IGrainStorage
{
    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await states.ReadAsync(stateName, grainId.ToString());
        grainState.RecordExists = stored?.Payload is not null;
        grainState.ETag = stored?.Version.ToString(CultureInfo.InvariantCulture)!;
        grainState.State = stored?.Payload is { } payload ? serializer.Deserialize<T>(new BinaryData(payload)) : Activator.CreateInstance<T>();
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await WriteAsync(stateName, grainId, grainState, serializer.Serialize(grainState.State).ToArray());
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is not null)
            await WriteAsync(stateName, grainId, grainState, null);
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private async Task WriteAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, byte[]? payload)
    {
        long? known = grainState.ETag is { } tag ? long.Parse(tag, CultureInfo.InvariantCulture) : null;
        if (await states.WriteAsync(stateName, grainId.ToString(), payload, known) is not { } version)
            throw new InconsistentStateException($"the state {stateName} of {grainId} has been written by somebody else", "", grainState.ETag ?? "");
        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
    }
}
