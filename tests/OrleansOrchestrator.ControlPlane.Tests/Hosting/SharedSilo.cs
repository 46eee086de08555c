using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.GrainStates;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Sqlite;

[assembly: AssemblyFixture(typeof(SharedSilo))]

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>A silo over a SQLite file that all tests share who keep to a namespace of their own.</summary>
public sealed class SharedSilo : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private TestSilo _silo = null!;

    internal ApiUser Api => _silo.Api;

    internal TestSilo Silo => _silo;

    internal ResourceRegistry Registry => _silo.Services.GetRequiredService<ResourceRegistry>();

    public async ValueTask InitializeAsync() => _silo = await _file.StartSiloAsync();

    public async ValueTask DisposeAsync()
    {
        await using (_file)
            await _silo.DisposeAsync();
    }
}

/// <summary>A database file in a folder of its own, on which silos are started one after another.</summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-control-plane-").FullName;
    private SqliteDatabase? _database;

    /// <summary>Opens the file anew and starts a silo over it. The silo before must have stopped.</summary>
    public async Task<TestSilo> StartSiloAsync(ControlPlaneOptions? options = null, Action<IServiceCollection>? add = null)
    {
        if (_database is not null)
            await _database.DisposeAsync();
        _database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), NullLogger.Instance, TestContext.Current.CancellationToken);
        var states = new SqliteGrainStates(_database);
        return await TestSilo.StartAsync(new SqliteObjectLog(_database, TimeProvider.System), options, configure: silo =>
        {
            silo.AddSqliteGrainStates(states);
            add?.Invoke(silo.Services);
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
