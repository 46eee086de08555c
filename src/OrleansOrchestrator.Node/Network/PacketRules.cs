using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The rules that let packets of pods through, and give those that leave the cluster the node's address. Pure.</summary>
internal static class PacketRules
{
    /// <summary>A script for <c>nft</c> that replaces the daemon's table in one step.</summary>
    public static string Table(NetworkSettings settings, NetworkPlan plan)
    {
        var text = new StringBuilder();
        text.Append($"table inet {settings.Table}\ndelete table inet {settings.Table}\ntable inet {settings.Table} {{\n");
        foreach (var (name, type, family) in new[] { ("cluster4", "ipv4_addr", AddressFamily.InterNetwork), ("cluster6", "ipv6_addr", AddressFamily.InterNetworkV6) })
        {
            var elements = string.Join(", ", Of(plan.Cluster, family));
            text.Append($"  set {name} {{ type {type}; flags interval; auto-merge;{(elements.Length > 0 ? $" elements = {{ {elements} }};" : "")} }}\n");
        }

        text.Append("  chain outward {\n    type nat hook postrouting priority srcnat; policy accept;\n");
        foreach (var range in Of(plan.Own, AddressFamily.InterNetwork))
            text.Append($"    ip saddr {range} ip daddr != @cluster4 ip daddr != 224.0.0.0/4 oifname != \"{settings.Bridge}\" masquerade\n");
        foreach (var range in Of(plan.Own, AddressFamily.InterNetworkV6))
            text.Append($"    ip6 saddr {range} ip6 daddr != @cluster6 ip6 daddr != {{ ff00::/8, fe80::/10 }} oifname != \"{settings.Bridge}\" masquerade\n");
        return text.Append("  }\n}\n").ToString();
    }

    /// <summary>A script for <c>iptables-restore --noflush</c>, or <c>ip6tables-restore</c>, that replaces the daemon's chain in one step.</summary>
    public static string Chain(NetworkSettings settings, NetworkPlan plan, AddressFamily family)
    {
        var text = new StringBuilder($"*filter\n:{settings.Chain} - [0:0]\n");
        foreach (var range in Of(plan.Own, family))
            text.Append($"-A {settings.Chain} -s {range} -j ACCEPT\n-A {settings.Chain} -d {range} -j ACCEPT\n");
        return text.Append("COMMIT\n").ToString();
    }

    private static IEnumerable<IPNetwork> Of(IEnumerable<IPNetwork> ranges, AddressFamily family) => ranges.Where(range => range.BaseAddress.AddressFamily == family);
}
