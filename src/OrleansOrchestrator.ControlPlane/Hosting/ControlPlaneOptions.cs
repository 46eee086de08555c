using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Scheduling.Placements;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>All bounds and times of the control plane on a silo.</summary>
public sealed record ControlPlaneOptions
{
    /// <summary>The object store.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary>The watch caches.</summary>
    public WatchOptions Watch { get; init; } = new();

    /// <summary>The controllers.</summary>
    public ControllerOptions Controllers { get; init; } = new();

    /// <summary>The handling of silent nodes.</summary>
    public NodeLifecycleOptions NodeLifecycle { get; init; } = new();

    /// <summary>The scheduler.</summary>
    public SchedulerOptions Scheduler { get; init; } = new();

    /// <summary>Service addresses.</summary>
    public ServiceAddressOptions ServiceAddresses { get; init; } = new();

    /// <summary>The ranges of pod addresses of nodes.</summary>
    public NodeAddressingOptions NodeAddressing { get; init; } = new();

    /// <summary>The autoscaler.</summary>
    public AutoscalerOptions Autoscaler { get; init; } = new();

    /// <summary>The reading of usage from nodes.</summary>
    public UsageOptions Usage { get; init; } = new();

    /// <summary>The classes of storage.</summary>
    public StorageOptions Storage { get; init; } = new();

    /// <summary>The certificate of the cluster's authority as PEM, which pods use to verify the API; null to give them none.</summary>
    public string? RootCertificatePem { get; init; }

    /// <summary>The certificate of the authority by which other API servers recognise this cluster's requests, as PEM; null if requests
    /// are not passed on to them.</summary>
    public string? FrontProxyCertificatePem { get; init; }

    /// <summary>Signs certificates with the key of the cluster's authority; null if another program does.</summary>
    public Func<CertificateOrder, byte[]>? SignCertificate { get; init; }

    /// <summary>The address of this silo's API for pods and nodes; null to leave the endpoints of <c>kubernetes</c> alone.</summary>
    public ApiEndpoint? ApiEndpoint { get; init; }

    /// <summary>The addresses and names at which this silo's gateway serves ingresses; empty if it serves none.</summary>
    public IReadOnlyList<string> IngressAddresses { get; init; } = [];

    /// <summary>Whether ingresses of several namespaces may share a host.</summary>
    public bool SharedIngressHosts { get; init; }
}

/// <summary>An address and port where a silo serves the API.</summary>
/// <param name="Address">The IP address.</param>
/// <param name="Port">The port.</param>
public sealed record ApiEndpoint(string Address, int Port);
