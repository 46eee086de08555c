using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Storage.PostgreSql;

namespace OrleansOrchestrator.Cli.Configuration;

/// <summary>All options besides the command line's. docs/options.md lists them.</summary>
internal static class OptionSections
{
    /// <summary>The sections, in the order of the documentation.</summary>
    public static IReadOnlyList<OptionSection> All { get; } =
    [
        OptionSection.Of(
            "gateway", () => new GatewayOptions(), GatewayOptionsValidator.Validate,
            nameof(GatewayOptions.ListenAddress), nameof(GatewayOptions.Port), nameof(GatewayOptions.AdvertisedHosts), nameof(GatewayOptions.ServiceAddress)),
        OptionSection.Of("ingress", () => new IngressOptions(), options => options.Faults(), nameof(IngressOptions.ListenAddress)),
        OptionSection.Of("store", () => new StoreOptions(), options => options.Faults()),
        OptionSection.Of("postgres", () => new PostgreSqlOptions(), options => options.Faults()),
        OptionSection.Of("watch", () => new WatchOptions(), options => options.Faults()),
        OptionSection.Of("controllers", () => new ControllerOptions(), options => options.Faults()),
        OptionSection.Of("autoscaler", () => new AutoscalerOptions(), options => options.Faults()),
        OptionSection.Of("usage", () => new UsageOptions(), options => options.Faults()),
        OptionSection.Of("scheduler", () => new SchedulerOptions(), options => options.Faults()),
        OptionSection.Of("serviceAddresses", () => new ServiceAddressOptions(), options => options.Faults(), nameof(ServiceAddressOptions.ServiceCidr)),
        OptionSection.Of("nodeAddressing", () => new NodeAddressingOptions(), options => options.Faults()),
        OptionSection.Of("storage", () => new StorageOptions(), options => options.Faults()),
        OptionSection.Of("fencing", () => new FencingTimes(), times => times.Faults()),
        OptionSection.Of("nodeLifecycle", () => new NodeLifecycleOptions(), options => options.Faults(), nameof(NodeLifecycleOptions.Times)),
        OptionSection.Of(
            "node", () => new NodeAgentOptions { DataDirectory = "." }, NodeAgentOptionsValidator.Validate,
            nameof(NodeAgentOptions.Name), nameof(NodeAgentOptions.Index), nameof(NodeAgentOptions.Runtime), nameof(NodeAgentOptions.DataDirectory),
            nameof(NodeAgentOptions.ClientAuthorities), nameof(NodeAgentOptions.ServiceProxy), nameof(NodeAgentOptions.MachineNodes), nameof(NodeAgentOptions.DelayShutdown), nameof(NodeAgentOptions.ServiceCidr), nameof(NodeAgentOptions.Times)),
    ];
}
