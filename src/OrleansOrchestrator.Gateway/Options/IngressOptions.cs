using System.Net;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Options;

/// <summary>The operator's options of the gateway for ingresses. It is off unless it has a port.</summary>
public sealed record IngressOptions
{
    /// <summary>The port for HTTP; none to serve no HTTP, 0 for any free one.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The port for HTTPS; none to serve no HTTPS, 0 for any free one.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>The port at which clients reach HTTPS, if a load balancer or a container maps another one to it; 0 for the port for HTTPS.</summary>
    public int PublicHttpsPort { get; init; }

    /// <summary>The addresses or names at which clients reach this silo's ingress gateway: the status of ingresses shows them. None for
    /// the address of the silo.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The address to listen on. It follows from the silo's.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.IPv6Any;

    /// <summary>The most open connections of clients.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>How long a connection to an endpoint may take, in seconds. Then another endpoint is tried.</summary>
    public int ConnectSecondsMax { get; init; } = 5;

    /// <summary>How long a request and its answer may be silent, in seconds.</summary>
    public int SilenceSecondsMax { get; init; } = 60;

    /// <summary>How long a WebSocket, another upgraded connection or a call of gRPC may be silent, in seconds.</summary>
    public int StreamSilenceSecondsMax { get; init; } = 3600;

    /// <summary>How long an unused connection to an endpoint is kept, in seconds.</summary>
    public int IdleSecondsMax { get; init; } = 60;

    /// <summary>The most endpoints that are tried for a request.</summary>
    public int EndpointsPerRequestMax { get; init; } = 3;

    /// <summary>How long an endpoint that could not be reached is passed over while there are others, in seconds.</summary>
    public int UnreachableSeconds { get; init; } = 5;

    /// <summary>Whether ingresses of several namespaces may share a host. Otherwise a host belongs to the namespace of the oldest ingress that
    /// names it, with its paths and its certificate. It must be alike at all silos.</summary>
    public bool SharedHosts { get; init; }

    /// <summary>Whether endpoints that are no pods are served. Then whoever may write EndpointSlices chooses where this silo connects to.</summary>
    public bool DirectAddresses { get; init; } = true;

    /// <summary>Whether ingresses are served.</summary>
    public bool IsOn => HttpPort is not null || HttpsPort is not null;

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.Between(HttpPort ?? 0, 0, ushort.MaxValue);
        faults.Between(HttpsPort ?? 0, 0, ushort.MaxValue);
        faults.Between(PublicHttpsPort, 0, ushort.MaxValue);
        faults.Require(HttpPort is null or 0 || HttpPort != HttpsPort, $"HttpPort and HttpsPort must differ, but both are {HttpPort}.");
        foreach (var address in Addresses)
        {
            faults.Require(
                AddressSyntax.TryParse(address, out _) || NameRules.IsDns1123Subdomain(address).Count == 0,
                $"Addresses must be IP addresses or DNS names, but {address} is neither.");
        }

        faults.AtLeastOne(ConnectionsMax);
        faults.AtLeastOne(ConnectSecondsMax);
        faults.AtLeastOne(SilenceSecondsMax);
        faults.AtLeastOne(StreamSilenceSecondsMax);
        faults.AtLeastOne(IdleSecondsMax);
        faults.AtLeastOne(EndpointsPerRequestMax);
        faults.AtLeast(UnreachableSeconds, 0);
        return faults.All;
    }
}
