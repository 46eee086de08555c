using System.Net;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>What the zone needs of a service.</summary>
/// <param name="Addresses">Its cluster IPs; empty for a headless service.</param>
/// <param name="Ports">Its named ports.</param>
/// <param name="IsHeadless">Whether its name leads to its endpoints.</param>
/// <param name="ExternalName">The name for which it stands; null for any other service.</param>
internal sealed record ZoneService(IReadOnlyList<IPAddress> Addresses, IReadOnlyList<ZonePort> Ports, bool IsHeadless, string? ExternalName)
{
    /// <summary>Reads a service.</summary>
    public static ZoneService Of(V1Service service)
    {
        var spec = service.Spec;
        if (spec?.Type == "ExternalName")
            return new ZoneService([], [], IsHeadless: false, spec.ExternalName ?? "");
        var texts = spec?.ClusterIPs is { Count: > 0 } several ? several : [spec?.ClusterIP ?? ""];
        return new ZoneService(
            [.. texts.Select(text => AddressSyntax.TryParse(text ?? "", out var address) ? address : null).OfType<IPAddress>()],
            ZonePort.Named((spec?.Ports ?? []).Select(port => ((string?)port.Name, (string?)port.Protocol, (int?)port.Port))),
            spec?.ClusterIP == "None",
            ExternalName: null);
    }
}

/// <summary>A port with a name.</summary>
/// <param name="Name">The name, in lower case.</param>
/// <param name="Protocol">The protocol, in lower case.</param>
/// <param name="Number">The port.</param>
internal readonly record struct ZonePort(string Name, string Protocol, int Number)
{
    // Slices may have many thousands, each of which every query for a port would look at.
    private const int CountMax = 256;

    /// <summary>The first ports with names and possible numbers. Others have no records.</summary>
    public static ZonePort[] Named(IEnumerable<(string? Name, string? Protocol, int? Number)> ports) =>
    [
        .. ports.Where(port => port is { Name.Length: > 0, Number: > 0 and <= IPEndPoint.MaxPort }).Take(CountMax)
            .Select(port => new ZonePort(port.Name!.ToLowerInvariant(), ProtocolOf(port.Protocol), port.Number!.Value)),
    ];

    private static string ProtocolOf(string? protocol) => protocol switch
    {
        null or "TCP" => "tcp",
        "UDP" => "udp",
        _ => protocol.ToLowerInvariant(),
    };
}
