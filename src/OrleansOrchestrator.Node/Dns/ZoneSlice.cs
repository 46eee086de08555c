using System.Net;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>What the zone needs of an EndpointSlice, in a few bytes for each endpoint: a node has those of the whole cluster.</summary>
/// <remarks>
/// Only endpoints that are ready have records. Those of a service with <c>publishNotReadyAddresses</c> are ready in its slices, whatever
/// their pods are.
/// </remarks>
internal sealed class ZoneSlice
{
    private readonly int _addressBytes;
    private readonly byte[] _addresses;
    private readonly string?[]? _hostnames;

    private ZoneSlice(int addressBytes, byte[] addresses, string?[]? hostnames, ZonePort[] ports) =>
        (_addressBytes, _addresses, _hostnames, Ports) = (addressBytes, addresses, hostnames, ports);

    /// <summary>The named ports.</summary>
    public IReadOnlyList<ZonePort> Ports { get; }

    /// <summary>The number of ready endpoints.</summary>
    public int Count => _addresses.Length / _addressBytes;

    /// <summary>The type of the records of its addresses.</summary>
    public RecordType Type => ResourceRecord.TypeOf(_addressBytes);

    /// <summary>Reads a slice. Addresses that are none of its family are left out.</summary>
    public static ZoneSlice Of(V1EndpointSlice slice)
    {
        var family = slice.AddressType == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var ready = (slice.AddressType is "IPv4" or "IPv6" ? slice.Endpoints ?? [] : [])
            .Where(endpoint => endpoint.Conditions?.Ready ?? true)
            .Select(endpoint => (Address: AddressOf(endpoint, family), endpoint.Hostname))
            .Where(endpoint => endpoint.Address is not null)
            .ToList();
        return new ZoneSlice(
            family == AddressFamily.InterNetwork ? 4 : 16,
            [.. ready.SelectMany(endpoint => endpoint.Address!.GetAddressBytes())],
            ready.Exists(endpoint => !string.IsNullOrEmpty(endpoint.Hostname)) ? [.. ready.Select(endpoint => endpoint.Hostname is { Length: > 0 } name ? name.ToLowerInvariant() : null)] : null,
            ZonePort.Named((slice.Ports ?? []).Select(port => ((string?)port.Name, (string?)port.Protocol, port.Port))));
    }

    /// <summary>The bytes of an endpoint's address.</summary>
    public ReadOnlySpan<byte> AddressOf(int index) => _addresses.AsSpan(index * _addressBytes, _addressBytes);

    /// <summary>The name that somebody gave to an endpoint; null if nobody did.</summary>
    public string? GivenNameOf(int index) => _hostnames?[index];

    /// <summary>The name of an endpoint below its service: the given one, or its address with dashes.</summary>
    public string NameOf(int index) => GivenNameOf(index) ?? AddressName.Dashed(new IPAddress(AddressOf(index)));

    /// <summary>Whether an endpoint has a name.</summary>
    /// <param name="index">The endpoint.</param>
    /// <param name="name">The name.</param>
    /// <param name="address">The address that the name is with dashes; null if it is none.</param>
    public bool IsNamed(int index, ReadOnlySpan<char> name, IPAddress? address)
    {
        if (GivenNameOf(index) is { } given)
            return name.SequenceEqual(given);
        Span<byte> bytes = stackalloc byte[16];
        return address is not null && address.TryWriteBytes(bytes, out var count) && AddressOf(index).SequenceEqual(bytes[..count]);
    }

    /// <summary>Of several addresses, which lead to the same, the first one counts.</summary>
    private static IPAddress? AddressOf(V1Endpoint endpoint, AddressFamily family) =>
        endpoint.Addresses is [var text, ..] && AddressSyntax.TryParse(text ?? "", out var address) && address.AddressFamily == family ? address : null;
}
