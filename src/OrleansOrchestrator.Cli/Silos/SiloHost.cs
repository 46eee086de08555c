using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>A silo with its gateway in this process: composes the rings, starts them, writes the kubeconfig.</summary>
internal sealed class SiloHost : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4);

    private readonly WebApplication _application;
    private readonly ClusterIdentity _identity;

    private SiloHost(WebApplication application, ClusterIdentity identity, Uri address, string kubeConfigPath, string serviceCidr, IReadOnlyList<Uri> ingress)
    {
        _application = application;
        _identity = identity;
        Address = address;
        KubeConfigPath = kubeConfigPath;
        ServiceCidr = serviceCidr;
        Ingress = ingress;
    }

    /// <summary>The URL of the API.</summary>
    public Uri Address { get; }

    /// <summary>The path of the administrator's kubeconfig.</summary>
    public string KubeConfigPath { get; }

    /// <summary>The range of the cluster's service addresses.</summary>
    public string ServiceCidr { get; }

    /// <summary>Where ingresses are served; empty if they are not.</summary>
    public IReadOnlyList<Uri> Ingress { get; }

    /// <summary>The loggers of the process.</summary>
    public ILoggerFactory Loggers => _application.Services.GetRequiredService<ILoggerFactory>();

    /// <summary>Starts a silo.</summary>
    /// <exception cref="CommandException">It cannot start; the message says why.</exception>
    public static async Task<SiloHost> StartAsync(SiloSetup setup, CancellationToken cancellationToken)
    {
        var identity = await ClusterIdentity.LoadAsync(setup.Identity.GetOrAddAsync, TimeProvider.System, cancellationToken);
        var serviceCidr = await ReadServiceCidrAsync(setup, cancellationToken);
        var port = ReservePort(setup.ListenAddress, setup.Port, "--port");
        var ingress = IngressOf(setup);
        var application = Build(setup, identity, serviceCidr, port, ingress);
        try
        {
            var address = await application.StartGatewayAsync(cancellationToken);
            var advertised = new UriBuilder(Uri.UriSchemeHttps, setup.AdvertisedAddress, address.Port).Uri;
            var kubeConfigPath = Path.Combine(setup.DataDirectory, "kubeconfig");
            KubeConfigFile.Write(kubeConfigPath, advertised, identity);
            return new SiloHost(application, identity, advertised, kubeConfigPath, serviceCidr, [.. AddressesOf(ingress, setup.AdvertisedAddress)]);
        }
        catch
        {
            await StopAsync(application);
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every part is ready.</summary>
    /// <param name="report">Receives why a part is not ready, at each look.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitUntilReadyAsync(Action<string> report, CancellationToken cancellationToken)
    {
        foreach (var check in _application.Services.GetServices<IReadinessCheck>())
        {
            while (await check.CheckAsync(cancellationToken) is { } why)
            {
                report($"{check.Name}: {why}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Waits until the process is asked to stop.</summary>
    /// <exception cref="CommandException">The silo has stopped without being asked.</exception>
    public async Task WaitUntilAskedToStopAsync(CancellationToken asked)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(asked, _application.Lifetime.ApplicationStopping);
        await either.Token.WaitAsync();
        if (!asked.IsCancellationRequested)
            throw new CommandException("the silo has stopped by itself; its log says why (--log-level information)");
    }

    /// <summary>Tells the operator where it serves.</summary>
    public void Announce()
    {
        if (Ingress.Count > 0)
            Console.WriteLine($"ingress at {string.Join(" and ", Ingress.Select(address => address.AbsoluteUri.TrimEnd('/')))}");
        Console.WriteLine($"ready: API at {Address.AbsoluteUri.TrimEnd('/')}, kubeconfig in {KubeConfigPath}");
    }

    /// <summary>Stops the gateway, then the silo.</summary>
    public Task StopAsync() => StopAsync(_application);

    /// <summary>Stops the gateway and the silo if they still run.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _application.DisposeAsync();
        _identity.Dispose();
    }

    // The end of the process stops what takes too long.
    private static async Task StopAsync(WebApplication application)
    {
        using var timeout = new CancellationTokenSource(StopWithin);
        try
        {
            await application.StopAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
        }
    }

    /// <summary>The options of ingress with ports that are free, and with the addresses that the operator leaves open.</summary>
    private static IngressOptions IngressOf(SiloSetup setup)
    {
        var options = setup.Options.Get<IngressOptions>();
        return options with
        {
            ListenAddress = setup.ListenAddress,
            HttpPort = options.HttpPort is { } http ? ReservePort(setup.ListenAddress, http, "ingress:httpPort") : null,
            HttpsPort = options.HttpsPort is { } https ? ReservePort(setup.ListenAddress, https, "ingress:httpsPort") : null,
            Addresses = options.Addresses.Count > 0 ? options.Addresses : [setup.AdvertisedAddress],
        };
    }

    private static IEnumerable<Uri> AddressesOf(IngressOptions ingress, string host)
    {
        if (ingress.HttpPort is { } http)
            yield return new UriBuilder(Uri.UriSchemeHttp, host, http).Uri;
        if (ingress.HttpsPort is { } https)
            yield return new UriBuilder(Uri.UriSchemeHttps, host, https).Uri;
    }

    private static WebApplication Build(SiloSetup setup, ClusterIdentity identity, string serviceCidr, int port, IngressOptions ingress)
    {
        // All options have been read already. The host must not look for settings files or watch the working folder.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        var ended = setup.Stopping;
        ProcessLogging.Configure(builder.Logging, setup.LogLevel, () => setup.Stopping.IsCancellationRequested || ended.IsCancellationRequested);
        builder.Host.UseOrleans(silo => setup.ConfigureSilo(silo));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.Services.AddSingleton<IObjectLog>(services => new ObservedObjectLog(
            setup.Log, TimeProvider.System, services.GetRequiredService<ILogger<ObservedObjectLog>>()));
        builder.Services.AddCrashDetection();
        builder.Services.AddMemoryTrimming();
        builder.Services.AddControlPlane(new ControlPlaneOptions
        {
            Store = setup.Options.Get<StoreOptions>(),
            Watch = setup.Options.Get<WatchOptions>(),
            Controllers = setup.Options.Get<ControllerOptions>(),
            NodeLifecycle = setup.Options.Get<NodeLifecycleOptions>() with { Times = setup.Options.Get<FencingTimes>() },
            Scheduler = setup.Options.Get<SchedulerOptions>(),
            Autoscaler = setup.Options.Get<AutoscalerOptions>(),
            Usage = setup.Options.Get<UsageOptions>(),
            ServiceAddresses = setup.Options.Get<ServiceAddressOptions>() with { ServiceCidr = serviceCidr },
            NodeAddressing = setup.Options.Get<NodeAddressingOptions>(),
            Storage = setup.Options.Get<StorageOptions>().Decided(setup.IsOneMachine),
            ApiEndpoint = new ApiEndpoint(setup.AdvertisedAddress, port),
            IngressAddresses = ingress.IsOn ? ingress.Addresses : [],
            SharedIngressHosts = ingress.SharedHosts,
            RootCertificatePem = identity.Authority.CertificatePem,
            FrontProxyCertificatePem = identity.FrontProxyAuthority.CertificatePem,
            SignCertificate = identity.Authority.Sign,
        });
        builder.Services.AddGateway(
            setup.Options.Get<GatewayOptions>() with
            {
                ListenAddress = setup.ListenAddress,
                Port = port,
                AdvertisedHosts = [setup.AdvertisedAddress],
                ServiceAddress = ServiceRange.Parse(serviceCidr).First,
            },
            identity);
        builder.Services.AddIngress(ingress);
        var application = builder.Build();
        ended = application.Lifetime.ApplicationStopping;
        application.UseGateway();
        return application;
    }

    /// <summary>The first silo of a cluster chooses the range and stores it with the cluster's identity.</summary>
    private static async Task<string> ReadServiceCidrAsync(SiloSetup setup, CancellationToken cancellationToken)
    {
        var proposed = await setup.ProposeServiceCidrAsync();
        var stored = await setup.Identity.GetOrAddAsync(
            "service-cidr", () => System.Text.Encoding.ASCII.GetBytes(proposed), cancellationToken);
        return System.Text.Encoding.ASCII.GetString(stored);
    }

    /// <summary>Finds a free port, or checks that the wanted one is free before anything else is started.</summary>
    /// <param name="address">The address to listen on.</param>
    /// <param name="wanted">The wanted port; 0 for any free one.</param>
    /// <param name="option">The option that chooses another one.</param>
    private static int ReservePort(IPAddress address, int wanted, string option)
    {
        using var probe = new TcpListener(address, wanted);
        try
        {
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        catch (SocketException inUse)
        {
            throw new CommandException(
                $"cannot listen on {address}:{wanted}: {inUse.Message.ToLowerInvariant()}; stop the other process or choose another {option}", inUse);
        }
    }
}
