using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>Where an endpoint is.</summary>
/// <param name="Namespace">The namespace of its pod; empty if it is none.</param>
/// <param name="Pod">The name of its pod, which is reached through its node; null for an address that is reached directly.</param>
/// <param name="PodUid">The uid of the pod.</param>
/// <param name="Node">The pod's node.</param>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
internal sealed record EndpointAddress(string Namespace, string? Pod, string PodUid, string Node, IPAddress Address, int Port)
{
    /// <summary>The host by which connections to it are shared. Another pod never has it, even if it gets the same address later. All that
    /// decides where a connection goes is in it, because whoever writes a slice may write any uid.</summary>
    private string Host { get; } = Pod is not null
        ? "pod-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Namespace}/{Pod}/{Node}/{Address}/{PodUid}")).AsSpan(0, 16))
        : Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]" : Address.ToString();

    /// <summary>Its origin for a protocol.</summary>
    public string OriginOf(BackendProtocol protocol) =>
        string.Create(CultureInfo.InvariantCulture, $"{(protocol == BackendProtocol.Https ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{Host}:{Port}/");
}

/// <summary>An endpoint of a backend, with what is going on there.</summary>
internal sealed class BackendEndpoint(EndpointAddress address)
{
    private int _inFlight;
    private long _unreachableUntil = long.MinValue;

    /// <summary>Where it is.</summary>
    public EndpointAddress Address => address;

    /// <summary>How many requests it has.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request that goes there.</summary>
    public void Begin() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts the end of a request.</summary>
    public void End() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Notes that it could not be reached.</summary>
    /// <param name="until">How long it is passed over, as a timestamp.</param>
    public void SetUnreachable(long until) => Volatile.Write(ref _unreachableUntil, until);

    /// <summary>Whether it may be reachable, as far as it is known.</summary>
    public bool IsReachable(long now) => now >= Volatile.Read(ref _unreachableUntil);
}
