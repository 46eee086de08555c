using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Network.Cni;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The daemon's own network configuration: a bridge with addresses of the node's ranges, and host ports. Pure.</summary>
/// <remarks>The plugins are the standard ones of https://www.cni.dev/plugins/current/, which Debian has in <c>containernetworking-plugins</c>.</remarks>
internal static class BridgeNetwork
{
    /// <summary>The bridge of the daemon with this index on its machine.</summary>
    public static string DeviceOf(int index) => string.Create(CultureInfo.InvariantCulture, $"oo-pods{index}");

    /// <summary>Where the addresses are kept that are given away.</summary>
    /// <param name="folder">The daemon's folder for its network.</param>
    public static string AddressFolder(string folder) => Path.Combine(folder, "addresses");

    /// <summary>Makes the configuration.</summary>
    /// <param name="index">The daemon's index on its machine.</param>
    /// <param name="ranges">The node's ranges, one of each family at most.</param>
    /// <param name="mtu">The largest packet in bytes.</param>
    /// <param name="folder">The daemon's folder for its network.</param>
    public static CniNetwork Make(int index, IReadOnlyCollection<IPNetwork> ranges, int mtu, string folder) => new(
        DeviceOf(index), new Version(1, 0, 0), [Bridge(index, ranges, mtu, folder), PortMap()],
        // Of two families, portmap 1.1 looks for the rules of one among those of the other.
        SkipsCheck: ranges.Count > 1);

    private static JsonObject Bridge(int index, IEnumerable<IPNetwork> ranges, int mtu, string folder) => new()
    {
        ["type"] = "bridge",
        ["bridge"] = DeviceOf(index),
        ["isGateway"] = true,
        ["isDefaultGateway"] = true,
        // A node that was deleted and came back has another range.
        ["forceAddress"] = true,
        // A pod may reach itself through its service.
        ["hairpinMode"] = true,
        ["mtu"] = mtu,
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["dataDir"] = AddressFolder(folder),
            ["ranges"] = new JsonArray([.. ranges.Select(range => new JsonArray(new JsonObject { ["subnet"] = range.ToString() }))]),
        },
    };

    private static JsonObject PortMap() => new()
    {
        ["type"] = "portmap",
        ["capabilities"] = new JsonObject { ["portMappings"] = true },
        ["snat"] = true,
    };
}
