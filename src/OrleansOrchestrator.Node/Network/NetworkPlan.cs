using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Network;

/// <summary>A route to the pods of another node.</summary>
/// <param name="Range">Their addresses.</param>
/// <param name="Via">The node, or what stands for it at the other end of the tunnel.</param>
/// <param name="Device">The interface that leads there.</param>
internal readonly record struct PodRoute(IPNetwork Range, IPAddress Via, string Device);

/// <summary>The other end of a tunnel.</summary>
/// <param name="Link">Its link address.</param>
/// <param name="Address">The address of its node.</param>
internal readonly record struct TunnelPeer(string Link, IPAddress Address);

/// <summary>What stands for a node in the tunnel: the first address of its range has the link address of its end.</summary>
internal readonly record struct TunnelNeighbour(IPAddress Address, string Link);

/// <summary>The end of the tunnels on this machine.</summary>
/// <param name="Device">The interface under it.</param>
/// <param name="Local">The node's address.</param>
/// <param name="Link">Its link address.</param>
/// <param name="Mtu">The largest packet in it in bytes.</param>
/// <param name="Addresses">Its addresses, from which the machine itself speaks with pods of other segments.</param>
internal sealed record TunnelEnd(string Device, IPAddress Local, string Link, int Mtu, IReadOnlyList<IPAddress> Addresses);

/// <summary>How the pods of a node reach those of the others. Pure.</summary>
/// <remarks>
/// Nodes of one segment route to each other. To other segments there is a tunnel (VXLAN, RFC 7348) whose ends learn nothing from packets:
/// each knows all others. The link address of an end follows from its node's name, so that no node has to publish it.
/// </remarks>
internal sealed record NetworkPlan
{
    // Ethernet, IP, UDP and VXLAN headers around a packet.
    private const int TunnelBytesIPv4 = 50;
    private const int TunnelBytesIPv6 = 70;
    private const int MtuDefault = 1500;

    /// <summary>The node's ranges.</summary>
    public IReadOnlyList<IPNetwork> Own { get; private init; } = [];

    /// <summary>The addresses of all pods of the cluster: what goes there keeps its address.</summary>
    public IReadOnlyList<IPNetwork> Cluster { get; private init; } = [];

    /// <summary>The largest packet of pods in bytes.</summary>
    public int Mtu { get; private init; } = MtuDefault;

    /// <summary>Whether the other nodes are known. Until then the routes stay that are there.</summary>
    public bool KnowsOthers { get; private init; } = true;

    /// <summary>The routes.</summary>
    public IReadOnlySet<PodRoute> Routes { get; private init; } = new HashSet<PodRoute>();

    /// <summary>This machine's end of the tunnels; null without.</summary>
    public TunnelEnd? Tunnel { get; private init; }

    /// <summary>The other ends.</summary>
    public IReadOnlySet<TunnelPeer> Peers { get; private init; } = new HashSet<TunnelPeer>();

    /// <summary>What stands for the others.</summary>
    public IReadOnlySet<TunnelNeighbour> Neighbours { get; private init; } = new HashSet<TunnelNeighbour>();

    /// <summary>Makes the plan of a node.</summary>
    /// <param name="settings">What the operator decided.</param>
    /// <param name="self">The node.</param>
    /// <param name="all">All nodes, whether or not the node is among them; null if they are not known yet.</param>
    /// <param name="cluster">The cluster's ranges; empty if it has none, and the nodes' ranges are written by hand.</param>
    /// <param name="interfaces">The interfaces of this machine.</param>
    public static NetworkPlan Make(
        NetworkSettings settings, NetworkNode self, IEnumerable<NetworkNode>? all, IReadOnlyList<IPNetwork> cluster, IReadOnlyList<MachineInterface> interfaces)
    {
        // Nodes of this machine need no routes to each other: it knows all of its bridges.
        var here = interfaces.SelectMany(one => one.Addresses.Select(own => own.Address)).ToHashSet();
        var others = (all ?? []).Where(node => node.Name != self.Name && !node.Addresses.Any(here.Contains)).OrderBy(node => node.Name, StringComparer.Ordinal).ToList();
        var underlay = Underlay(self, interfaces);
        var isTunnelled = settings.UsesTunnel && underlay is { Address: { } own } && !IPAddress.IsLoopback(own);
        var mtu = underlay?.Interface.Mtu ?? MtuDefault;
        if (isTunnelled)
            mtu -= underlay!.Value.Address.AddressFamily == AddressFamily.InterNetwork ? TunnelBytesIPv4 : TunnelBytesIPv6;
        var (routes, peers, neighbours) = (new Dictionary<IPNetwork, PodRoute>(), new HashSet<TunnelPeer>(), new HashSet<TunnelNeighbour>());
        foreach (var node in others)
        {
            foreach (var range in node.Ranges.Where(range => MayHave(range, self, cluster)))
            {
                if (FindDirect(range, node, interfaces) is { } direct)
                {
                    routes.TryAdd(range, direct);
                }
                else if (isTunnelled && node.Addresses.FirstOrDefault(address => address.AddressFamily == underlay!.Value.Address.AddressFamily) is { } end
                    && routes.TryAdd(range, new PodRoute(range, range.BaseAddress, settings.TunnelDevice)))
                {
                    peers.Add(new TunnelPeer(LinkOf(node.Name), end));
                    neighbours.Add(new TunnelNeighbour(range.BaseAddress, LinkOf(node.Name)));
                }
            }
        }

        return new NetworkPlan
        {
            KnowsOthers = all is not null,
            Own = self.Ranges,
            Cluster = cluster.Count > 0 ? cluster : [.. others.SelectMany(node => node.Ranges).Concat(self.Ranges).Distinct()],
            Mtu = settings.Mtu > 0 ? settings.Mtu : mtu,
            Routes = routes.Values.ToHashSet(),
            Tunnel = isTunnelled && peers.Count > 0
                ? new TunnelEnd(underlay!.Value.Interface.Name, underlay.Value.Address, LinkOf(self.Name), mtu, [.. self.Ranges.Select(range => range.BaseAddress)])
                : null,
            Peers = peers,
            Neighbours = neighbours,
        };
    }

    /// <summary>The link address of a node's end of the tunnels: a local one by its name.</summary>
    public static string LinkOf(string node)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"vxlan/{node}"));
        hash[0] = (byte)((hash[0] | 0x02) & 0xfe);
        return string.Join(':', hash.Take(6).Select(part => part.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Whether another node may have a range: one within the cluster's that is not this node's, so that none draws what is not its own.</summary>
    private static bool MayHave(IPNetwork range, NetworkNode self, IReadOnlyList<IPNetwork> cluster) =>
        !self.Ranges.Any(own => range.Overlaps(own)) && (cluster.Count == 0 || cluster.Any(whole => whole.PrefixLength <= range.PrefixLength && whole.Overlaps(range)));

    private static (MachineInterface Interface, IPAddress Address)? Underlay(NetworkNode self, IReadOnlyList<MachineInterface> interfaces) =>
        (from address in self.Addresses
         from one in interfaces
         where one.Addresses.Any(own => own.Address.Equals(address))
         select ((MachineInterface, IPAddress)?)(one, address)).FirstOrDefault();

    private static PodRoute? FindDirect(IPNetwork range, NetworkNode node, IReadOnlyList<MachineInterface> interfaces) =>
        (from address in node.Addresses
         where address.AddressFamily == range.BaseAddress.AddressFamily
         from one in WaysTo(address, interfaces)
         select (PodRoute?)new PodRoute(range, address, one.Name)).FirstOrDefault();

    /// <summary>The interfaces in whose segments an address is, in the order in which the kernel itself prefers them.</summary>
    private static IEnumerable<MachineInterface> WaysTo(IPAddress address, IReadOnlyList<MachineInterface> interfaces) =>
        from one in interfaces
        where one.IsUp
        let bits = one.PrefixTo(address)
        where bits is not null
        orderby bits descending
        select one;
}
