using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>The bridges of this machine, on which pods reach each other past, or in a special way through, the machine's tables.</summary>
/// <param name="Unfiltered">Those that do not pass their packets through the tables (<c>br_netfilter</c> is off). Answers between two of
/// their pods do not come back to this machine by themselves.</param>
/// <param name="OneWayPorts">The ports of the others that send nothing back where it came from, by their bridge. A pod behind one cannot
/// reach itself through a service.</param>
internal sealed record HostBridges(IReadOnlyList<string> Unfiltered, IReadOnlyList<(string Bridge, string Port)> OneWayPorts)
{
    private const string FilterSwitch = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    /// <summary>Looks at the machine.</summary>
    /// <returns>Null if the <c>ip</c> command does not tell.</returns>
    public static async Task<HostBridges?> ReadAsync(CancellationToken cancellationToken)
    {
        var result = await new MachineCommand("ip", "-json", "-details", "link", "show").RunAsync(cancellationToken);
        try
        {
            return result.IsSuccess ? Parse(result.Output, File.Exists(FilterSwitch) && File.ReadAllText(FilterSwitch).Trim() == "1") : null;
        }
        catch (Exception strange) when (strange is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            // Another version of the program. Services do not wait for it.
            return null;
        }
    }

    /// <summary>Reads what <c>ip</c> tells.</summary>
    /// <param name="json">Its words.</param>
    /// <param name="areAllFiltered">Whether all bridges pass their packets through the tables.</param>
    public static HostBridges Parse(string json, bool areAllFiltered)
    {
        var links = JsonNode.Parse(json)!.AsArray().Select(link => (Name: (string?)link!["ifname"] ?? "", Master: (string?)link["master"], Info: link["linkinfo"])).ToList();
        var bridges = links.Where(link => (string?)link.Info?["info_kind"] == "bridge")
            .ToLookup(link => areAllFiltered || (int?)link.Info!["info_data"]?["nf_call_iptables"] == 1, link => link.Name);
        return new HostBridges(
            [.. bridges[false].Order(StringComparer.Ordinal)],
            [
                .. links.Where(link => bridges[true].Contains(link.Master) && (bool?)link.Info?["info_slave_data"]?["hairpin"] == false)
                    .Select(link => (link.Master!, link.Name)),
            ]);
    }

    /// <summary>Lets the ports of pods' bridges send packets back where they came from, as the kubelet does for its pods.</summary>
    /// <param name="pods">Addresses of pods on this machine.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task OpenPortsAsync(IReadOnlyCollection<IPAddress> pods, CancellationToken cancellationToken)
    {
        if (pods.Count == 0)
            return;
        var ofPods = NetworkInterface.GetAllNetworkInterfaces()
            .Where(bridge => bridge.GetIPProperties().UnicastAddresses.Any(own => pods.Any(pod => IsNear(own, pod))))
            .Select(bridge => bridge.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, port) in OneWayPorts.Where(port => ofPods.Contains(port.Bridge)))
            await new MachineCommand("ip", "link", "set", "dev", port, "type", "bridge_slave", "hairpin", "on").RunAsync(cancellationToken);
    }

    private static bool IsNear(UnicastIPAddressInformation own, IPAddress pod) =>
        own.Address.AddressFamily == pod.AddressFamily && StartOf(own.Address, own.PrefixLength).SequenceEqual(StartOf(pod, own.PrefixLength));

    /// <summary>The first bits of an address.</summary>
    private static IEnumerable<byte> StartOf(IPAddress address, int bits) =>
        address.GetAddressBytes().Select((value, index) => (byte)(value & (0xff00 >> Math.Clamp(bits - (8 * index), 0, 8))));
}
