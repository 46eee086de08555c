using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using OrleansOrchestrator.Storage.Sqlite;

namespace OrleansOrchestrator.ControlPlane.GrainStates;

/// <summary>
/// The storage for grain state that no API object has, as <c>[PersistentState("name", GrainStateStorage.Provider)]</c>: in PostgreSQL
/// through Orleans' AdoNet provider, in SQLite through <see cref="SqliteGrainStorage"/>.
/// </summary>
/// <remarks>
/// The AdoNet provider identifies rows by the state's name and the grain's key only, and reads some keys as numbers
/// (dotnet/orleans#9737, #9706). So every state has a unique name, and a grain with state has a <c>/</c> in its key.
/// </remarks>
public static class GrainStateStorage
{
    /// <summary>The provider's name.</summary>
    public const string Provider = "grain-states";

    /// <summary>Stores the states of grains in a SQLite file.</summary>
    public static ISiloBuilder AddSqliteGrainStates(this ISiloBuilder silo, SqliteGrainStates states)
    {
        silo.Services.AddGrainStorage(Provider, (services, _) => new SqliteGrainStorage(states, services.GetRequiredService<IGrainStorageSerializer>()));
        return silo;
    }
}
