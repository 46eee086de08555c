using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>One silo in this process with the whole control plane, over a log that belongs to the test.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    private readonly IHost _host;

    private TestSilo(IHost host)
    {
        _host = host;
        Api = new ApiUser(host.Services.GetRequiredService<IObjectClient>());
    }

    public ApiUser Api { get; }

    public IServiceProvider Services => _host.Services;

    public StoreClient Store => _host.Services.GetRequiredService<StoreClient>();

    public WatchCaches Caches => _host.Services.GetRequiredService<WatchCaches>();

    public IResourceStoreGrain StoreGrain(string resource) =>
        _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IResourceStoreGrain>(resource);

    /// <summary>Starts a silo and waits until it is ready.</summary>
    public static async Task<TestSilo> StartAsync(
        IObjectLog log, ControlPlaneOptions? options = null, TimeProvider? time = null, IFaultPoints? faults = null,
        Action<ISiloBuilder>? configure = null, Func<IStoreReader, IStoreReader>? reader = null, params IEnumerable<IAdmissionPlugin> plugins)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            var id = Guid.NewGuid().ToString("N");
            silo.UseLocalhostClustering(FreePorts.Next(), gatewayPort: 0, serviceId: id, clusterId: id);
            silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(15));
            configure?.Invoke(silo);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(log);
        if (faults is not null)
            builder.Services.AddSingleton(faults);
        builder.Services.AddControlPlane(TestOptions.Patient(options));
        if (reader is not null)
            builder.Services.AddSingleton(services => reader(services.GetRequiredService<StoreClient>()));
        foreach (var plugin in plugins.Append(new SharedObjectsGuard()))
            builder.Services.AddSingleton(plugin);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        foreach (var check in host.Services.GetServices<IReadinessCheck>())
        {
            await Eventually.HoldsAsync(async () => await check.CheckAsync(TestContext.Current.CancellationToken) is null);
        }

        return new TestSilo(host);
    }

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(StopWithin);
        using (_host)
            await _host.StopAsync(timeout.Token);
    }
}
