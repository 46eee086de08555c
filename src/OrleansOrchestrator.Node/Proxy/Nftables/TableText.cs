using System.Globalization;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>The fixed part of our table, in the words of nft.</summary>
/// <remarks>
/// <code>
/// prerouting, output ─► dispatch ─► services: address, protocol, port ─► of-10 ─► endpoints: …, one of 10 slots ─► translated
///                                                                        └──── forward: bridges ─► postrouting: masked sources
/// untranslated still: input, forward, output ─► refuse
/// </code>
/// Chains and sets are few, whatever the number of services: nft reads their declarations whenever it runs, and the kernel walks
/// through all chains when a rule is added. A service is elements only.
/// </remarks>
internal static class TableText
{
    /// <summary>The map in which the kernel notes which endpoint a client got.</summary>
    public const string Affinity = "affinity";

    /// <summary>The part of a packet by which services are found.</summary>
    public const string Key = "ip daddr . meta l4proto . th dport";

    /// <summary>The same for node ports, whatever address of the machine they are called at.</summary>
    public const string NodePortKey = "(ip daddr & 0.0.0.0) . meta l4proto . th dport";

    /// <summary>The protocols that services have.</summary>
    public const string WithPorts = "meta l4proto { tcp, udp, sctp }";

    /// <summary>The bit of a packet's mark that says that we have translated its connection.</summary>
    public const uint OursMark = 0x1000_0000;

    /// <summary>The bit that says that its source gets masked.</summary>
    public const uint MaskedMark = 0x2000_0000;

    // A chain whose presence says that the table has the shape that is described here. The number changes with it.
    private const string ShapeChain = "shape-1";

    // Before the translations of container engines, which take local addresses for their own, and before their filters.
    private const int TranslationPriority = -105;
    private const int FilterPriority = -10;
    private const int MaskPriority = 95;

    // About 30 MB in the kernel when it is full. Whoever comes then has no affinity.
    private const int AffinityMax = 262_144;

    private const string Listing = "ipv4_addr . inet_proto . inet_service";
    private const string Endpoint = "ipv4_addr . inet_service";

    // The type of a packet's priority. With "typeof" instead, nft (1.0.6) reads its own maps back wrongly when a rule is added.
    private const string Number = "classid";

    private static readonly (TableSet Set, string Kind, string Type, string? Flags)[] Sets =
    [
        (TableSet.Services, "map", $"type {Listing} : verdict", null),
        (TableSet.Outside, "map", $"type {Listing} : verdict", null),
        (TableSet.Endpoints, "map", $"type {Listing} . {Number} : {Endpoint}", null),
        (TableSet.Picks, "map", $"type {Listing} . {Number} : {Number}", null),
        (TableSet.Live, "map", $"type {Listing} . {Number} : {Endpoint}", null),
        (TableSet.LiveOutside, "map", $"type {Listing} . {Number} : {Endpoint}", null),
        (TableSet.ClusterIPs, "set", "type ipv4_addr", null),
        (TableSet.Refused, "set", $"type {Listing}", null),
        (TableSet.Hairpins, "set", "type ipv4_addr . ipv4_addr", null),
        (TableSet.Guarded, "set", $"type {Listing}", null),
        (TableSet.Allowed, "set", $"type {Listing} . ipv4_addr", "flags interval"),
        (TableSet.Bridges, "set", "type ifname . ifname", null),
    ];

    /// <summary>The name of a set or map.</summary>
    public static string NameOf(TableSet set) => set switch
    {
        TableSet.Services => "services",
        TableSet.Outside => "outside-services",
        TableSet.Endpoints => "endpoints",
        TableSet.Picks => "picks",
        TableSet.Live => "live",
        TableSet.LiveOutside => "outside-live",
        TableSet.ClusterIPs => "cluster-ips",
        TableSet.Refused => "refused",
        TableSet.Hairpins => "hairpins",
        TableSet.Guarded => "guarded",
        TableSet.Allowed => "allowed",
        _ => "bridges",
    };

    /// <summary>A number as a packet's priority has it.</summary>
    public static string Priority(uint number) => string.Create(CultureInfo.InvariantCulture, $"{number >> 16:x4}:{number & 0xffff:x4}");

    /// <summary>A mark.</summary>
    public static string Hex(uint mark) => string.Create(CultureInfo.InvariantCulture, $"0x{mark:x8}");

    /// <summary>The words that ask whether the table is there and works; they fail or show no rule otherwise.</summary>
    public static string[] Inspect(string table) => ["list", "chain", "ip", table, "dispatch"];

    /// <summary>Whether the answer to <see cref="Inspect"/> shows our rules.</summary>
    public static bool IsIntact(string answer) => answer.Contains($"vmap @{NameOf(TableSet.Services)}", StringComparison.Ordinal);

    /// <summary>Removes the table, and fails if there is none.</summary>
    public static string Delete(string table) => $"delete table ip {table}\n";

    /// <summary>
    /// Empties a table that a daemon has left, but for its notes which client got which endpoint. Fails if there is none, or it has
    /// another shape.
    /// </summary>
    public static void WriteAdoption(TextWriter text, TableSettings settings)
    {
        text.Write($"flush chain ip {settings.Name} {ShapeChain}\n");
        foreach (var (chain, _) in Chains(settings))
            text.Write($"flush chain ip {settings.Name} {chain}\n");
        foreach (var (set, kind, _, _) in Sets)
            text.Write($"flush {kind} ip {settings.Name} {NameOf(set)}\n");
    }

    /// <summary>Removes a table of any shape, if there is one.</summary>
    public static void WriteRemoval(TextWriter text, TableSettings settings) =>
        text.Write($"add table ip {settings.Name}\ndelete table ip {settings.Name}\n");

    /// <summary>Declares the table with its sets and its fixed chains.</summary>
    public static void WriteDeclaration(TextWriter text, TableSettings settings)
    {
        text.Write($"table ip {settings.Name} {{\n");
        foreach (var (set, kind, type, flags) in Sets)
            text.Write($" {kind} {NameOf(set)} {{\n  {type}\n{(flags is null ? "" : $"  {flags}\n")} }}\n");
        text.Write(string.Create(
            CultureInfo.InvariantCulture,
            $" map {Affinity} {{\n  type ipv4_addr . {Listing} : {Number}\n  size {AffinityMax}\n  flags dynamic,timeout\n }}\n"));
        text.Write($" chain {ShapeChain} {{\n }}\n");
        foreach (var (chain, rules) in Chains(settings))
            WriteChain(text, chain, rules);
        text.Write("}\n");
    }

    /// <summary>Adds chains that choose endpoints to a table that is there.</summary>
    public static void WriteChains(TextWriter text, TableSettings settings, IEnumerable<EndpointChain> chains)
    {
        foreach (var chain in chains)
        {
            // One of a former daemon may be there.
            text.Write($"add chain ip {settings.Name} {chain.Name}\nflush chain ip {settings.Name} {chain.Name}\n");
            foreach (var rule in chain.Rules(settings))
                text.Write($"add rule ip {settings.Name} {chain.Name} {rule}\n");
        }
    }

    /// <summary>Removes chains that choose endpoints.</summary>
    public static void WriteRemoval(TextWriter text, TableSettings settings, IEnumerable<EndpointChain> chains)
    {
        foreach (var chain in chains)
            text.Write($"delete chain ip {settings.Name} {chain.Name}\n");
    }

    private static void WriteChain(TextWriter text, string name, IEnumerable<string> rules)
    {
        text.Write($" chain {name} {{\n");
        foreach (var rule in rules)
            text.Write($"  {rule}\n");
        text.Write(" }\n");
    }

    private static IEnumerable<(string Name, string[] Rules)> Chains(TableSettings settings)
    {
        var nodePort = settings.NodePortAddresses.Count > 0
            ? $"ip daddr {{ {string.Join(", ", settings.NodePortAddresses)} }}"
            : $"fib daddr type local ip daddr != 127.0.0.0/8 ip daddr != @{NameOf(TableSet.ClusterIPs)}";
        var inside = settings.PodRanges.Count > 0 ? settings.PodRanges : settings.InsideRanges;
        var outside = $"fib saddr type != local{(inside.Count > 0 ? $" ip saddr != {{ {string.Join(", ", inside)} }}" : "")}";
        var forget = $"meta priority set none meta mark set meta mark and {Hex(~(OursMark | MaskedMark))}";

        // What is used comes before its user.
        yield return ("node-ports",
        [
            $"{outside} {NodePortKey} vmap @{NameOf(TableSet.Outside)}",
            $"{NodePortKey} vmap @{NameOf(TableSet.Services)}",
        ]);
        yield return ("dispatch",
        [
            "meta l4proto != { tcp, udp, sctp } return",
            $"{Key} @{NameOf(TableSet.Guarded)} {Key} . ip saddr != @{NameOf(TableSet.Allowed)} drop",
            $"{outside} {Key} vmap @{NameOf(TableSet.Outside)}",
            $"{Key} vmap @{NameOf(TableSet.Services)}",
            $"{nodePort} jump node-ports",
        ]);
        yield return ("prerouting", [Hook("nat", "prerouting", TranslationPriority), "jump dispatch"]);
        yield return ("output", [Hook("nat", "output", TranslationPriority), "jump dispatch"]);
        yield return ("reject-it", ["meta l4proto tcp reject with tcp reset", "reject"]);
        yield return ("refuse",
        [
            $"ip daddr @{NameOf(TableSet.ClusterIPs)} goto reject-it",
            "meta l4proto != { tcp, udp, sctp } return",
            $"{Key} @{NameOf(TableSet.Refused)} goto reject-it",
            $"{nodePort} {NodePortKey} @{NameOf(TableSet.Refused)} goto reject-it",
        ]);
        yield return ("refuse-input", [Hook("filter", "input", FilterPriority), "ct state new jump refuse"]);
        yield return ("refuse-forward",
        [
            Hook("filter", "forward", FilterPriority),
            "ct state new jump refuse",
            $"meta mark and {Hex(OursMark)} != 0 iifname . oifname @{NameOf(TableSet.Bridges)} meta mark set meta mark or {Hex(MaskedMark)}",
        ]);
        yield return ("refuse-output", [Hook("filter", "output", FilterPriority), "ct state new jump refuse"]);
        yield return ("own-source",
        [
            forget,
            $"ip saddr . ip daddr @{NameOf(TableSet.Hairpins)} masquerade fully-random",
            $"oifname != \"lo\" ip saddr @{NameOf(TableSet.ClusterIPs)} masquerade fully-random",
        ]);
        yield return ("postrouting",
        [
            Hook("nat", "postrouting", MaskPriority),
            $"meta mark and {Hex(OursMark)} == 0 return",
            $"meta mark and {Hex(MaskedMark)} == 0 goto own-source",
            $"{forget} masquerade fully-random",
        ]);
    }

    private static string Hook(string type, string hook, int priority) =>
        string.Create(CultureInfo.InvariantCulture, $"type {type} hook {hook} priority {priority}; policy accept;");
}
