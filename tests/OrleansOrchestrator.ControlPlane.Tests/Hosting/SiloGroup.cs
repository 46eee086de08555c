using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Three silos of one cluster in this process, over one log in memory: calls between them are serialised as between processes.</summary>
internal sealed class SiloGroup : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private SiloGroup(InProcessTestCluster cluster, ScriptedLog log)
    {
        _cluster = cluster;
        Log = log;
    }

    public ScriptedLog Log { get; }

    public IReadOnlyList<InProcessSiloHandle> Silos => [.. _cluster.Silos];

    /// <summary>Starts the group.</summary>
    /// <param name="options">The options of its silos.</param>
    /// <param name="configure">Configures the services of a silo, by its name.</param>
    public static async Task<SiloGroup> StartAsync(ControlPlaneOptions? options = null, Action<string, IServiceCollection>? configure = null)
    {
        var log = new ScriptedLog();
        var builder = new InProcessTestClusterBuilder(3);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.None));
        builder.ConfigureSilo((own, silo) =>
        {
            silo.Services.AddSingleton<Storage.Log.IObjectLog>(log);
            silo.Services.AddControlPlane(TestOptions.Patient(options));
            configure?.Invoke(own.SiloName, silo.Services);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        foreach (var silo in cluster.Silos)
        {
            foreach (var check in silo.ServiceProvider.GetServices<IReadinessCheck>())
            {
                await Eventually.HoldsAsync(async () => await check.CheckAsync(TestContext.Current.CancellationToken) is null);
            }
        }

        return new SiloGroup(cluster, log);
    }

    /// <summary>Somebody who uses one silo's API.</summary>
    public static ApiUser ApiOf(InProcessSiloHandle silo) => new(silo.ServiceProvider.GetRequiredService<IObjectClient>());

    /// <summary>A grain as one silo calls it.</summary>
    public static TGrain Grain<TGrain>(InProcessSiloHandle silo, string key)
        where TGrain : IGrainWithStringKey => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<TGrain>(key);

    /// <summary>The silo that hosts a grain.</summary>
    public async Task<InProcessSiloHandle> HostOfAsync(GrainId grain) =>
        await FindHostAsync(grain) ?? throw new InvalidOperationException($"{grain} is not active");

    /// <summary>The silo that hosts a grain; null if none does at this moment.</summary>
    public async Task<InProcessSiloHandle?> FindHostAsync(GrainId grain)
    {
        var management = Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var address = await management.GetActivationAddress(GrainReferenceOf(grain));
        return Silos.SingleOrDefault(silo => silo.SiloAddress.Equals(address));
    }

    /// <summary>Stops a silo in good order.</summary>
    public Task StopAsync(InProcessSiloHandle silo) => _cluster.StopSiloAsync(silo);

    /// <summary>Ends a silo as a crash does.</summary>
    public Task KillAsync(InProcessSiloHandle silo) => _cluster.KillSiloAsync(silo);

    /// <summary>Starts another silo.</summary>
    public Task AddAsync() => _cluster.StartAdditionalSiloAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private IAddressable GrainReferenceOf(GrainId grain) =>
        Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain(grain);
}
