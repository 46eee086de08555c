using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Health;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Metrics;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.OpenApi;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Gateway.Reviews;
using OrleansOrchestrator.Gateway.ServiceAccounts;
using OrleansOrchestrator.Gateway.Streams;
using OrleansOrchestrator.Gateway.Subresources;
using OrleansOrchestrator.Gateway.Transport;
using OrleansOrchestrator.Gateway.Watch;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>Adds the gateway to a host.</summary>
public static class GatewayServices
{
    /// <summary>
    /// Adds the gateway's services and configures Kestrel. The host supplies an <see cref="ControlPlane.Objects.IObjectClient"/> and
    /// any <see cref="ControlPlane.Readiness.IReadinessCheck"/>, and may add an <see cref="IAuthenticator"/> or <see
    /// cref="IAuthorizer"/>, which are asked after the built-in ones.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">The operator's options.</param>
    /// <param name="identity">The served cluster's identity.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all.</exception>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options, ClusterIdentity identity)
    {
        var faults = GatewayOptionsValidator.Validate(options);
        if (faults.Count > 0)
            throw new ArgumentException($"the gateway's options are not valid: {string.Join("; ", faults)}", nameof(options));

        services.AddSingleton(options);
        services.AddSingleton(identity);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static _ => BuiltInKinds.Registry.Copy());
        AddPipeline(services);
        AddResources(services);
        AddAggregation(services);
        AddReviews(services);
        AddPaths(services);
        services.AddSingleton<ServingCertificate>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>();
        services.AddSingleton<IMemoryPoolFactory<byte>, BlockPools>();
        services.Configure<SocketTransportOptions>(KestrelSetup.ConfigureSockets);
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter([RequestInstruments.MeterName, .. ControlPlaneMeter.All])
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        return services;
    }

    /// <summary>Adds the serving of ingresses to a gateway, at ports of its own; nothing if it is off.</summary>
    /// <param name="services">The host's services, with those of the gateway.</param>
    /// <param name="options">The operator's options.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all.</exception>
    public static IServiceCollection AddIngress(this IServiceCollection services, IngressOptions options)
    {
        var faults = options.Faults();
        if (faults.Count > 0)
            throw new ArgumentException($"the options of ingress are not valid: {string.Join("; ", faults)}", nameof(options));
        if (!options.IsOn)
            return services;
        services.AddSingleton(options);
        services.AddSingleton<IngressObjects>();
        services.AddSingleton<BackendConnections>();
        services.AddSingleton<DefaultCertificate>();
        services.AddSingleton<IngressInstruments>();
        services.AddSingleton<IngressPipeline>();
        services.AddSingleton<IngressWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<IngressWatch>());
        services.AddSingleton<IReadinessCheck>(static provider => provider.GetRequiredService<IngressWatch>());
        services.AddSingleton<IngressServer>();
        services.AddHostedService(static provider => provider.GetRequiredService<IngressServer>());
        return services;
    }

    private static void AddPipeline(IServiceCollection services)
    {
        services.AddSingleton<RequestInfoParser>();
        services.AddSingleton<AuthenticatorChain>();
        services.AddSingleton<IAuthenticator, ClientCertificateAuthenticator>();
        services.AddSingleton<IAuthenticator, AdminTokenAuthenticator>();
        services.AddSingleton<ServiceAccountTokens>();
        services.AddSingleton<TokenBindings>();
        services.AddSingleton<IAuthenticator, ServiceAccountAuthenticator>();
        services.AddSingleton<IAuthenticator, BootstrapTokenAuthenticator>();
        services.AddSingleton<Impersonation>();
        services.AddAuthorizers();
        services.AddSingleton<InFlightLimiter>();
        services.AddSingleton<FairListLimiter>();
        services.AddSingleton<RequestInstruments>();
        services.AddSingleton<RequestPipeline>();
    }

    private static void AddResources(IServiceCollection services)
    {
        services.AddSingleton<ObjectBody>();
        services.AddSingleton<ObjectResponse>();
        services.AddSingleton<ListResponse>();
        services.AddSingleton<WatchResponse>();
        services.AddSingleton<ObjectReads>();
        services.AddSingleton<ObjectWrites>();
        services.AddSingleton<ObjectDeletions>();
        services.AddSingleton<NodeTunnels>();
        services.AddSingleton<TunnelDialer>();
        services.AddSingleton<NodeClient>();
        services.AddSingleton<INodeStatistics, NodeStatistics>();
        services.AddSingleton<PodLocator>();
        services.AddSingleton<PodStreams>();
        services.AddHttpForwarder();
        services.AddSingleton<DestinationDialer>();
        services.AddSingleton<RequestForwarder>();
        services.AddSingleton<ServiceEndpoints>();
        services.AddSingleton<ResourceEndpoint>();
        AddSubresources(services);
    }

    private static void AddSubresources(IServiceCollection services)
    {
        foreach (var type in typeof(ISubresourceEndpoint).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(ISubresourceEndpoint)) && !type.IsAbstract))
        {
            services.AddSingleton(type);
            services.AddSingleton(provider => (ISubresourceEndpoint)provider.GetRequiredService(type));
        }

        services.AddSingleton(static provider => new ResourceRoutes(
            provider.GetRequiredService<ResourceRegistry>(), provider.GetServices<ISubresourceEndpoint>().Select(endpoint => endpoint.Declaration)));
    }

    private static void AddAggregation(IServiceCollection services)
    {
        services.AddSingleton<AggregatedServers>();
        services.AddHostedService(static provider => provider.GetRequiredService<AggregatedServers>());
        services.AddSingleton<IReadinessCheck>(static provider => provider.GetRequiredService<AggregatedServers>());
        services.AddSingleton<ServerConnections>();
        services.AddSingleton<ServerLocator>();
        services.AddSingleton<ServerClient>();
        services.AddSingleton<AggregationProxy>();
        services.AddSingleton<IAggregatedApis, AggregatedApis>();
    }

    private static void AddReviews(IServiceCollection services)
    {
        services.AddSingleton<ReviewBody>();
        services.AddSingleton<AccessAnswers>();
        services.AddSingleton<ReviewEndpoints>();
        services.AddSingleton<IReviewEndpoint>(provider => provider.GetRequiredService<BindingEndpoint>());
        services.AddSingleton<IReviewEndpoint, SelfSubjectReviewEndpoint>();
        services.AddSingleton<IReviewEndpoint, TokenReviewEndpoint>();
        services.AddSingleton<IReviewEndpoint, SelfSubjectAccessReviewEndpoint>();
        services.AddSingleton<IReviewEndpoint, SubjectAccessReviewEndpoint>();
        services.AddSingleton<IReviewEndpoint, LocalSubjectAccessReviewEndpoint>();
        services.AddSingleton<IReviewEndpoint, SelfSubjectRulesReviewEndpoint>();
    }

    private static void AddPaths(IServiceCollection services)
    {
        services.AddSingleton<ServerExplorer>();
        services.AddHostedService(static provider => provider.GetRequiredService<ServerExplorer>());
        services.AddSingleton<DiscoveryView>();
        services.AddSingleton(provider => new CatalogView<OpenApiDocuments>(
            provider.GetRequiredService<ResourceRegistry>(), static (catalog, previous) => new OpenApiDocuments(catalog, previous)));
        services.AddSingleton<PathEndpoints>();
        services.AddSingleton<IPathEndpoint, HealthEndpoint>();
        services.AddSingleton<IPathEndpoint, VersionEndpoint>();
        services.AddSingleton<IPathEndpoint, DiscoveryEndpoint>();
        services.AddSingleton<IPathEndpoint, OpenApiEndpoint>();
        services.AddSingleton<IPathEndpoint, RootEndpoint>();
    }
}
