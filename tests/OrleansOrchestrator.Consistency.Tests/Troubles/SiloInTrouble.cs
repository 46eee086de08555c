using OrleansOrchestrator.Consistency.Tests.Clusters;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>One silo process on a PostgreSQL server of its own, as an account that is nobody's superuser and has a password.</summary>
[CollectionDefinition(nameof(SiloInTrouble))]
public sealed class SiloInTrouble : IAsyncLifetime, ICollectionFixture<SiloInTrouble>
{
    internal const string Account = "silo";
    private const string Password = "right";

    private readonly Scratch _scratch = new();
    private ClusterSilo? _silo;

    internal PostgreSqlServer Server { get; private set; } = null!;

    /// <summary>Where the data lies.</summary>
    internal SmallDisk? Disk { get; private set; }

    /// <summary>Where the server's write-ahead log lies.</summary>
    internal SmallDisk? LogDisk { get; private set; }

    internal ApiConnection Api { get; private set; } = null!;

    internal ClusterSilo Silo => _silo!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (PostgreSqlServer.Missing is not null)
            return;
        LogDisk = await SmallDisk.TryMountAsync(megabytes: 256, Cancellation);
        Server = await PostgreSqlServer.StartAsync(LogDisk is null ? null : Path.Combine(LogDisk.Folder, "log"), Cancellation);
        await Server.ExecuteAsync($"CREATE ROLE {Account} LOGIN PASSWORD '{Password}'", Cancellation);
        await Server.RequirePasswordAsync(Account, Cancellation);

        // Each has a disk of its own: a server whose data finds no space answers, one whose log finds none does not.
        Disk = await SmallDisk.TryMountAsync(megabytes: 64, Cancellation);
        if (Disk is not null)
            await Server.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{Disk.Folder}'", Cancellation);
        await Server.ExecuteAsync(
            $"CREATE DATABASE cluster OWNER {Account} TEMPLATE template0 {(Disk is null ? "" : "TABLESPACE small")}", Cancellation);

        _silo = NewSilo("silo", "cluster");
        await _silo.StartAsync(Cancellation);
        Api = new ApiConnection(_silo.KubeConfig, CancellationToken.None);
    }

    /// <summary>Prepares a silo on a database of the server.</summary>
    internal ClusterSilo NewSilo(string name, string database)
    {
        var proxy = FaultProxy.Start(Server.Port);
        var postgres = $"Host=127.0.0.1;Port={proxy.Port};Username={Account};Password={Password};Database={database}";
        return new ClusterSilo(name, postgres, FreePorts.Next(), FreePorts.Next(), proxy, _scratch.At(name));
    }

    /// <summary>Ends the silo's sessions, so that it has to come in anew.</summary>
    internal Task EndSessionsAsync() => Server.ExecuteAsync(
        $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{Account}'", Cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null)
        {
            Api?.Dispose();
            await _silo.DisposeAsync();
        }

        if (Server is not null)
            await Server.DisposeAsync();
        foreach (var disk in new[] { Disk, LogDisk })
        {
            if (disk is not null)
                await disk.DisposeAsync();
        }

        _scratch.Dispose();
    }
}
