using System.Net;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Storage.Identity;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>The parts and settings with which a silo is started.</summary>
internal sealed record SiloSetup
{
    /// <summary>The storage of objects.</summary>
    public required IObjectLog Log { get; init; }

    /// <summary>The storage of the cluster's identity.</summary>
    public required IClusterIdentityStore Identity { get; init; }

    /// <summary>Configures clustering.</summary>
    public required Action<ISiloBuilder> ConfigureSilo { get; init; }

    /// <summary>Proposes the range of service addresses, for a new cluster.</summary>
    public required Func<Task<string>> ProposeServiceCidrAsync { get; init; }

    /// <summary>The folder of the kubeconfig.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address that the API listens on.</summary>
    public required IPAddress ListenAddress { get; init; }

    /// <summary>The API's port; 0 for any free one.</summary>
    public required int Port { get; init; }

    /// <summary>The address at which nodes and clients reach the API.</summary>
    public required string AdvertisedAddress { get; init; }

    /// <summary>Whether the cluster is on one machine.</summary>
    public bool IsOneMachine { get; init; }

    /// <summary>The options besides the command line's.</summary>
    public required OperatorOptions Options { get; init; }

    /// <summary>The lowest level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Cancelled when the process stops.</summary>
    public required CancellationToken Stopping { get; init; }
}
