using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OrleansOrchestrator.Controllers.Certificates;
using OrleansOrchestrator.Controllers.Ingresses;
using OrleansOrchestrator.Controllers.Namespaces;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.CustomResources;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.GarbageCollection;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Membership;
using OrleansOrchestrator.ControlPlane.Memory;
using OrleansOrchestrator.ControlPlane.NodeAccess;
using OrleansOrchestrator.ControlPlane.Nodes;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Scheduling;
using OrleansOrchestrator.ControlPlane.Selectors;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Plugins;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>Registers the control plane of a silo.</summary>
public static class ControlPlaneHosting
{
    /// <summary>
    /// Registers the control plane's services. The host also needs an <see cref="Storage.Log.IObjectLog"/> and an Orleans silo. Add the
    /// silo first: it must have started before the loops here call grains. <see cref="IObjectClient"/> then serves the API.
    /// </summary>
    /// <exception cref="ArgumentException">The options have faults; the message lists all.</exception>
    public static IServiceCollection AddControlPlane(this IServiceCollection services, ControlPlaneOptions options)
    {
        var faults = new OptionFaults();
        faults.AddRange(options.Store.Faults());
        faults.AddRange(options.Watch.Faults());
        faults.AddRange(options.Controllers.Faults());
        faults.AddRange(options.NodeLifecycle.Faults());
        faults.AddRange(options.ServiceAddresses.Faults());
        faults.AddRange(options.NodeAddressing.Faults(options.ServiceAddresses.ServiceCidr));
        faults.AddRange(options.Scheduler.Faults());
        faults.AddRange(options.Autoscaler.Faults());
        faults.AddRange(options.Usage.Faults());
        faults.AddRange(options.Storage.Faults());
        if (faults.All.Count > 0)
            throw new ArgumentException($"the control plane's options are not valid: {string.Join(" ", faults.All)}", nameof(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static _ => BuiltInKinds.Registry.Copy());
        services.AddSingleton(options);
        services.AddSingleton(options.Store);
        services.AddSingleton(options.Watch);
        services.AddSingleton(options.Controllers);
        services.AddSingleton(options.ServiceAddresses);
        services.AddSingleton(options.NodeAddressing);
        services.AddSingleton(options.Scheduler);
        services.AddSingleton(options.Storage);
        services.TryAddSingleton(BuiltInPlugins.Registry);
        services.AddSingleton(options.NodeLifecycle);
        services.AddSingleton(options.Autoscaler);
        services.AddSingleton(options.Usage);
        services.AddSingleton(new RootCertificate(options.RootCertificatePem));
        services.AddSingleton(new IngressHostSharing(options.SharedIngressHosts));
        services.AddSingleton(AuthenticationTrust.Of(options));
        services.AddSingleton(PublicClusterInfo.Of(options));
        services.AddSingleton(new ClusterSigner(options.SignCertificate));
        services.AddSingleton<RequesterPermissions>();
        services.AddSingleton(static provider => new RequesterAccess(provider.GetRequiredService<RequesterPermissions>().MayCreate));

        WireTypeNames.AddTo(services);
        services.AddSingleton<LocalHeads>();
        services.AddSingleton<SlowOpenings>();
        services.AddSingleton<StoreClient>();
        services.AddSingleton<IStoreReader>(provider => provider.GetRequiredService<StoreClient>());
        AddHostedSingleton<WatchCaches>(services);
        AddHostedSingleton<CacheHealth>(services);
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<CacheHealth>());
        services.AddSingleton<Reflector>();

        AddHostedSingleton<CustomKinds>(services);
        services.AddSingleton<INewestKinds>(provider => provider.GetRequiredService<CustomKinds>());
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<CustomKinds>());

        services.AddSingleton<IAdmissionPlugin, CustomResourceLifecycleAdmission>();
        services.AddSingleton<IAdmissionPlugin, NamespaceLifecycleAdmission>();
        services.AddSingleton<IAdmissionPlugin, LimitRangeAdmission>();
        services.AddSingleton<IAdmissionPlugin, ServiceAccountAdmission>();
        services.AddSingleton<IAdmissionPlugin, RuntimeClassAdmission>();
        services.AddSingleton<IAdmissionPlugin, DefaultTolerationsAdmission>();
        services.AddSingleton<IAdmissionPlugin, PriorityAdmission>();
        services.AddSingleton<IAdmissionPlugin, DefaultStorageClassAdmission>();
        services.AddSingleton<IAdmissionPlugin, DefaultIngressClassAdmission>();
        services.AddSingleton<IAdmissionPlugin, StorageProtectionAdmission>();
        services.AddSingleton<IAdmissionPlugin, ClaimResizeAdmission>();
        services.AddSingleton<IAdmissionPlugin, ServiceAddressAdmission>();
        services.AddSingleton<IAdmissionPlugin, NodeRangeAdmission>();
        services.AddSingleton<IAdmissionPlugin, NodeTaintAdmission>();
        services.AddSingleton<IAdmissionPlugin, CertificateRequestAdmission>();
        services.AddSingleton<IAdmissionPlugin, CertificateSignerAdmission>();
        services.AddSingleton<IAdmissionPlugin, EscalationAdmission>();
        services.AddSingleton<IAdmissionPlugin, LocalFolderAdmission>();
        services.AddSingleton<IAdmissionPlugin, NodeRestrictionAdmission>();
        services.AddSingleton<FreeClaims>();
        services.AddSingleton<AdmissionReader>();
        services.AddSingleton<AdmissionChain>();
        services.AddSingleton<ResourceQuotaAdmission>();
        services.AddSingleton<IKnownQuotas>(provider => provider.GetRequiredService<ResourceQuotaAdmission>());
        services.AddAuthorizers();
        services.AddSingleton<NodeGraph>();
        services.AddSingleton<IAuthorizer, NodeAuthorizer>();
        services.AddSingleton<RbacCaches>();
        services.AddSingleton<IAuthorizer, RbacAuthorizer>();
        services.AddSingleton(static provider => new Informers(provider.GetRequiredService<WatchCaches>()));
        services.AddSingleton<WritePipeline>();
        services.AddSingleton<OptimisticWrites>();
        services.AddSingleton<PodEviction>();
        services.AddSingleton<ComputedReads>();
        services.AddSingleton<ObjectClient>();
        services.AddSingleton<IObjectClient>(provider => provider.GetRequiredService<ObjectClient>());

        AddControllers(services);
        AddHostedSingleton<EventRecorder>(services);
        services.AddSingleton<RoleBootstrap>();
        AddHostedSingleton<ClusterBootstrap>(services);
        AddHostedSingleton<ApiEndpointsPublisher>(services);
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<ClusterBootstrap>());
        services.AddSingleton<StoreReadiness>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<StoreReadiness>());
        AddHostedSingleton<SingletonGrains>(services);
        AddHostedSingleton<NodeBeats>(services);
        services.AddSingleton<INodeBeats>(provider => provider.GetRequiredService<NodeBeats>());
        services.AddSingleton<IComputedObjects, ComponentStatuses>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<IComputedObjects, NodeMetricsReader>();
        services.AddSingleton<IComputedObjects, PodMetricsReader>();
        return services;
    }

    /// <summary>
    /// Declares silos dead as soon as their process is known to be gone. Use it where silos listen at the addresses that the membership
    /// table has.
    /// </summary>
    public static IServiceCollection AddCrashDetection(this IServiceCollection services)
    {
        AddHostedSingleton<CrashDetector>(services);
        return services;
    }

    /// <summary>Returns unused memory to the operating system when the process becomes idle. Use it for processes that are only a
    /// silo.</summary>
    public static IServiceCollection AddMemoryTrimming(this IServiceCollection services)
    {
        services.AddHostedService<MemoryTrimmer>();
        return services;
    }

    private static void AddControllers(IServiceCollection services)
    {
        services.AddSingleton<RelationIndexes>();
        services.AddSingleton<MetricReader>();
        services.AddSingleton<ObservationReader>();
        services.AddSingleton<SelectorIndexes>();
        services.AddSingleton<SiloPlaces>();
        services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        services.AddSingleton<ObjectFaults>();
        services.AddSingleton<PlanApplier>();
        services.AddSingleton<OwnershipGraph>();
        services.AddSingleton<PlacementWriter>();
        services.AddTransient<NodeHealthReader>();
        services.AddTransient<NodeDisruptions>();
        foreach (var type in typeof(IReconciler).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IReconciler)) && type is { IsAbstract: false, IsClass: true }))
            services.AddSingleton(provider => (IReconciler)ActivatorUtilities.CreateInstance(provider, type));

        services.AddSingleton(new SingletonGrain("garbage-collector", grains => grains.GetGrain<IGarbageCollectorGrain>("cluster")));
        services.AddSingleton(new SingletonGrain("pod-collector", grains => grains.GetGrain<IPodCollectorGrain>("cluster")));
        services.AddSingleton(new SingletonGrain("scheduler", grains => grains.GetGrain<ISchedulerGrain>(SchedulerGrain.Key)));
        services.AddSingleton(new SingletonGrain("node-lifecycle", grains => grains.GetGrain<INodeLifecycleGrain>(NodeLifecycleGrain.Key)));
    }

    private static void AddHostedSingleton<T>(IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
