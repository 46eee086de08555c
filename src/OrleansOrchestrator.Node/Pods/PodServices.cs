using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Telemetry;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>The services that all pod workers of a node share.</summary>
internal sealed record PodServices
{
    public required NodeAgentOptions Options { get; init; }

    public required string HostAddress { get; init; }

    public required IContainerRuntime Runtime { get; init; }

    public required ContainerSpecBuilder Specs { get; init; }

    /// <summary>The cluster's DNS servers.</summary>
    public required ClusterDns Dns { get; init; }

    public required VolumePreparer Volumes { get; init; }

    public required EventRecorder Events { get; init; }

    public required ImagePuller Images { get; init; }

    public required RuntimeClasses RuntimeClasses { get; init; }

    public required ProbeAction Probes { get; init; }

    public required HookAction Hooks { get; init; }

    public required LeaseClock Lease { get; init; }

    /// <summary>The pods that the node has taken.</summary>
    public required AdmittedPods Admitted { get; init; }

    /// <summary>What the node is short of.</summary>
    public required NodePressure Pressure { get; init; }

    public required PodGuard Guard { get; init; }

    public required NodeShutdown Shutdown { get; init; }

    public required OwnNode Node { get; init; }

    public required PodRemover Remover { get; init; }

    public required NodeInstruments Instruments { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>The clock of waits: its time of day is nobody else's.</summary>
    public required SteadyClock Steady { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Bounds the concurrent starts of sandboxes and containers.</summary>
    public required StartGate Starts { get; init; }

    public string DirectoryOf(string podUid) => Remover.DirectoryOf(podUid);
}
