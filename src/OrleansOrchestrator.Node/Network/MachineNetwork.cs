using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Network;

/// <summary>Brings the machine's network in line with a plan by the programs <c>ip</c>, <c>bridge</c>, <c>nft</c> and <c>iptables</c>.</summary>
/// <remarks>
/// What is there is read each time, so that it does not matter who left or changed it. Only what differs is changed. Routes are known by
/// their protocol and metric, everything else by its name. Each way to another node is changed for itself: what one node says of itself
/// does not close the ways to the others.
/// </remarks>
/// <param name="settings">The names of what belongs to the daemon.</param>
/// <param name="run">Runs a program; other than by itself only in tests, whose machines are namespaces.</param>
internal sealed class MachineNetwork(NetworkSettings settings, Func<MachineCommand, CancellationToken, Task<CommandOutcome>>? run = null)
{
    private static readonly (AddressFamily Family, string Option)[] Families = [(AddressFamily.InterNetwork, "-4"), (AddressFamily.InterNetworkV6, "-6")];

    // Ten thousand routes take a second.
    private static readonly TimeSpan BatchTimeout = TimeSpan.FromSeconds(30);

    private readonly Func<MachineCommand, CancellationToken, Task<CommandOutcome>> _run = run ?? (static (command, token) => command.RunAsync(token));

    /// <summary>What the kernel refused of the last change; null if nothing.</summary>
    public string? Refused { get; private set; }

    /// <summary>The interfaces of the machine but for those of the daemon itself.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public async Task<IReadOnlyList<MachineInterface>> ReadInterfacesAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(["-j", "addr", "show"], cancellationToken))
            .Where(one => Text(one, "ifname") is var name && name != settings.Bridge && name != settings.TunnelDevice)
            .Select(one => new MachineInterface(Text(one, "ifname"), Number(one, "mtu"), [.. AddressesOf(one)], Texts(one["flags"]).Contains("UP")))];

    /// <summary>Makes the machine's network as planned, but for the ways to other nodes that are <see cref="Refused"/>.</summary>
    /// <exception cref="IOException">A program refuses, or is not there.</exception>
    public async Task ApplyAsync(NetworkPlan plan, CancellationToken cancellationToken)
    {
        Refused = null;
        await ForwardAsync(plan, cancellationToken);
        await DropFormerAsync(settings.Bridge, address => plan.Own.Any(range => range.Contains(address)), cancellationToken);
        if (plan.KnowsOthers)
        {
            await SetTunnelAsync(plan, cancellationToken);
            await SetRoutesAsync(plan, cancellationToken);
        }

        await MustAsync(new MachineCommand("nft", "-f", "-") { Input = PacketRules.Table(settings, plan) }, cancellationToken);
        foreach (var (family, _) in Families)
            await SetChainAsync(PacketRules.Chain(settings, plan, family), family, cancellationToken);
    }

    /// <summary>Removes everything, also if nothing is there.</summary>
    /// <exception cref="IOException">Routes cannot be read, or stay.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        Refused = null;
        await SetRoutesAsync(new NetworkPlan(), cancellationToken);
        if (Refused is { } left)
            throw new IOException(left);
        foreach (var device in new[] { settings.TunnelDevice, settings.Bridge })
            await _run(new MachineCommand("ip", "link", "delete", "dev", device), cancellationToken);
        await _run(new MachineCommand("nft", "delete", "table", "inet", settings.Table), cancellationToken);
        foreach (var (family, _) in Families)
        {
            var program = Tables(family);
            await _run(new MachineCommand(program, "-w", "5", "-D", "FORWARD", "-j", settings.Chain), cancellationToken);
            await _run(new MachineCommand(program, "-w", "5", "-F", settings.Chain), cancellationToken);
            await _run(new MachineCommand(program, "-w", "5", "-X", settings.Chain), cancellationToken);
            await HostPortChains.RemoveUnusedAsync(program, _run, cancellationToken);
        }
    }

    private async Task ForwardAsync(NetworkPlan plan, CancellationToken cancellationToken)
    {
        // A machine that lets nobody write there, and forwards already, is as good.
        if (plan.Own.Any(range => range.BaseAddress.AddressFamily == AddressFamily.InterNetwork))
            await MustAsync(new MachineCommand("/bin/sh", "-c", "cd /proc/sys/net/ipv4; [ \"$(cat ip_forward)\" = 1 ] || echo 1 > ip_forward"), cancellationToken);
        if (!plan.Own.Any(range => range.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6))
            return;

        // A machine that forwards hears its routers only with 2, and forgets their routes at the switch: https://docs.kernel.org/networking/ip-sysctl.html
        const string Script = "cd /proc/sys/net/ipv6/conf; [ \"$(cat all/forwarding)\" = 1 ] && exit; "
            + "for one; do [ \"$(cat \"$one/accept_ra\")\" != 1 ] || echo 2 > \"$one/accept_ra\" || exit 1; done; echo 1 > all/forwarding";
        var toRouters = (await ListAsync(["-6", "-j", "route", "show", "default", "proto", "ra"], cancellationToken)).Select(route => Text(route, "dev")).Where(device => device.Length > 0).Distinct();
        await MustAsync(new MachineCommand("/bin/sh", ["-c", Script, "sh", .. toRouters]), cancellationToken);
    }

    /// <summary>Takes addresses of a former range from an interface: packets to what another node has now must not end here.</summary>
    private async Task DropFormerAsync(string device, Func<IPAddress, bool> isWanted, CancellationToken cancellationToken)
    {
        var present = (await ListAsync(["-j", "addr", "show"], cancellationToken)).Where(one => Text(one, "ifname") == device).SelectMany(AddressesOf);
        foreach (var (address, bits) in present.Where(own => !isWanted(own.Address)))
            await MustAsync(new MachineCommand("ip", "addr", "del", $"{address}/{Text(bits)}", "dev", device), cancellationToken);
    }

    private async Task SetTunnelAsync(NetworkPlan plan, CancellationToken cancellationToken)
    {
        var device = settings.TunnelDevice;
        var present = (await ListAsync(["-j", "-d", "link", "show"], cancellationToken)).FirstOrDefault(one => Text(one, "ifname") == device);
        if (plan.Tunnel is not { } end)
        {
            if (present is not null)
                await MustAsync(new MachineCommand("ip", "link", "delete", "dev", device), cancellationToken);
            return;
        }

        if (present is not null && !IsSame(present, end))
        {
            await MustAsync(new MachineCommand("ip", "link", "delete", "dev", device), cancellationToken);
            present = null;
        }

        if (present is null)
        {
            await MustAsync(
                new MachineCommand(
                    "ip", "link", "add", device, "address", end.Link, "mtu", Text(end.Mtu), "type", "vxlan", "id", Text(settings.TunnelId), "local", end.Local.ToString(),
                    "dev", end.Device, "dstport", Text(settings.TunnelPort), "nolearning"),
                cancellationToken);
        }

        await MustAsync(new MachineCommand("ip", "link", "set", "dev", device, "mtu", Text(end.Mtu), "up"), cancellationToken);
        await DropFormerAsync(device, end.Addresses.Contains, cancellationToken);
        foreach (var address in end.Addresses)
        {
            var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            await MustAsync(new MachineCommand("ip", "addr", "replace", $"{address}/{bits}", "dev", device), cancellationToken);
        }

        await SetPeersAsync(plan, device, cancellationToken);
        await SetNeighboursAsync(plan, device, cancellationToken);
    }

    private bool IsSame(JsonObject link, TunnelEnd end)
    {
        var data = link["linkinfo"]?["info_data"] as JsonObject ?? [];
        return Number(data, "id") == settings.TunnelId && Number(data, "port") == settings.TunnelPort && Text(data, "link") == end.Device && Text(link, "address") == end.Link
            && AddressSyntax.TryParse(Text(data, "local") is { Length: > 0 } local ? local : Text(data, "local6"), out var address) && address.Equals(end.Local);
    }

    private async Task SetPeersAsync(NetworkPlan plan, string device, CancellationToken cancellationToken)
    {
        var present = (await ListOfAsync(new MachineCommand("bridge", "-j", "fdb", "show", "dev", device), cancellationToken))
            .Where(one => one["dst"] is not null)
            .Select(one => new TunnelPeer(Text(one, "mac"), AddressSyntax.Parse(Text(one, "dst")))).ToHashSet();
        var lines = new StringBuilder();
        foreach (var gone in present.Except(plan.Peers))
            lines.Append(CultureInfo.InvariantCulture, $"fdb delete {gone.Link} dev {device} dst {gone.Address}\n");
        foreach (var one in plan.Peers.Except(present))
            lines.Append(CultureInfo.InvariantCulture, $"fdb replace {one.Link} dev {device} dst {one.Address}\n");
        await BatchAsync(new MachineCommand("bridge", "-batch", "-"), lines, cancellationToken);
    }

    private async Task SetNeighboursAsync(NetworkPlan plan, string device, CancellationToken cancellationToken)
    {
        foreach (var (family, option) in Families)
        {
            var wanted = plan.Neighbours.Where(one => one.Address.AddressFamily == family).ToHashSet();
            var present = (await ListAsync([option, "-j", "neigh", "show", "dev", device, "nud", "permanent"], cancellationToken))
                .Select(one => new TunnelNeighbour(AddressSyntax.Parse(Text(one, "dst")), Text(one, "lladdr"))).ToHashSet();
            var lines = new StringBuilder();
            foreach (var gone in present.ExceptBy(wanted.Select(one => one.Address), one => one.Address))
                lines.Append(CultureInfo.InvariantCulture, $"neigh del {gone.Address} dev {device}\n");
            foreach (var one in wanted.Except(present))
                lines.Append(CultureInfo.InvariantCulture, $"neigh replace {one.Address} lladdr {one.Link} dev {device} nud permanent\n");
            await BatchAsync(new MachineCommand("ip", option, "-batch", "-"), lines, cancellationToken);
        }
    }

    private async Task SetRoutesAsync(NetworkPlan plan, CancellationToken cancellationToken)
    {
        foreach (var (family, option) in Families)
        {
            var wanted = plan.Routes.Where(route => route.Range.BaseAddress.AddressFamily == family).ToHashSet();
            var present = (await ListAsync([option, "-j", "route", "show", "proto", settings.Protocol], cancellationToken))
                .Where(one => Number(one, "metric") == settings.Metric).Select(RouteOf).OfType<PodRoute>().ToHashSet();
            var lines = new StringBuilder();
            foreach (var gone in present.ExceptBy(wanted.Select(route => route.Range), route => route.Range))
                lines.Append(CultureInfo.InvariantCulture, $"route del {gone.Range} proto {settings.Protocol} metric {settings.Metric}\n");
            foreach (var route in wanted.Except(present))
                lines.Append(CultureInfo.InvariantCulture, $"route replace {route.Range} via {route.Via} dev {route.Device} onlink proto {settings.Protocol} metric {settings.Metric}\n");
            await BatchAsync(new MachineCommand("ip", option, "-batch", "-"), lines, cancellationToken);
        }
    }

    /// <summary>Lets packets of pods through where other rules let none through, as those of Docker do. Without iptables there are none of them.</summary>
    private async Task SetChainAsync(string script, AddressFamily family, CancellationToken cancellationToken)
    {
        var program = Tables(family);
        if (!script.Contains("ACCEPT", StringComparison.Ordinal) || (await _run(new MachineCommand(program, "--version"), cancellationToken)).ExitCode is null)
            return;
        await MustAsync(new MachineCommand($"{program}-restore", "-w", "5", "--noflush") { Input = script }, cancellationToken);
        if (!(await _run(new MachineCommand(program, "-w", "5", "-C", "FORWARD", "-j", settings.Chain), cancellationToken)).IsSuccess)
            await MustAsync(new MachineCommand(program, "-w", "5", "-I", "FORWARD", "-j", settings.Chain), cancellationToken);
    }

    private static string Tables(AddressFamily family) => family == AddressFamily.InterNetwork ? "iptables" : "ip6tables";

    private async Task BatchAsync(MachineCommand command, StringBuilder lines, CancellationToken cancellationToken)
    {
        if (lines.Length == 0)
            return;
        var outcome = await _run(command with { Arguments = ["-force", .. command.Arguments], Input = lines.ToString(), Timeout = BatchTimeout }, cancellationToken);
        if (outcome.ExitCode is null)
            throw FaultOf(command, outcome);
        if (!outcome.IsSuccess)
            Refused ??= $"{command.Program}: {FirstRefusal(lines.ToString(), outcome.Error)}";
    }

    /// <summary>The first line of a batch that was refused, and why. There may be ten thousand.</summary>
    private static string FirstRefusal(string lines, string error)
    {
        const string Mark = "Command failed -:";
        var said = error.Split('\n');
        var at = Array.FindIndex(said, line => line.StartsWith(Mark, StringComparison.Ordinal));
        return at >= 0 && int.TryParse(said[at][Mark.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && lines.Split('\n').ElementAtOrDefault(number - 1) is { } refused
            ? $"{refused}: {string.Join(' ', said[..at])}"
            : said[0];
    }

    private async Task<string> MustAsync(MachineCommand command, CancellationToken cancellationToken)
    {
        var outcome = await _run(command, cancellationToken);
        return outcome.IsSuccess ? outcome.Output : throw FaultOf(command, outcome);
    }

    private static IOException FaultOf(MachineCommand command, CommandOutcome outcome) =>
        new($"{command.Program} {string.Join(' ', command.Arguments)}: {outcome.Error}");

    private Task<List<JsonObject>> ListAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        ListOfAsync(new MachineCommand("ip", arguments), cancellationToken);

    private async Task<List<JsonObject>> ListOfAsync(MachineCommand command, CancellationToken cancellationToken)
    {
        var output = await MustAsync(command with { Timeout = BatchTimeout }, cancellationToken);
        try
        {
            return output.Length == 0 ? [] : [.. Objects(JsonNode.Parse(output))];
        }
        catch (JsonException fault)
        {
            throw new IOException($"{command.Program} {string.Join(' ', command.Arguments)}: {fault.Message}", fault);
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<string> Texts(JsonNode? list) =>
        (list as JsonArray ?? []).OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "");

    private static IEnumerable<(IPAddress Address, int PrefixLength)> AddressesOf(JsonObject device) =>
        Objects(device["addr_info"]).Select(AddressOf).OfType<(IPAddress, int)>();

    private static (IPAddress, int)? AddressOf(JsonObject address) =>
        Text(address, "scope") == "global" && AddressSyntax.TryParse(Text(address, "local"), out var parsed) ? (parsed, Number(address, "prefixlen")) : null;

    private static PodRoute? RouteOf(JsonObject route)
    {
        var text = Text(route, "dst");
        var whole = text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/{(text.Contains(':', StringComparison.Ordinal) ? 128 : 32)}";
        return AddressSyntax.TryParseNetwork(whole, out var range) && AddressSyntax.TryParse(Text(route, "gateway"), out var via) ? new PodRoute(range, via, Text(route, "dev")) : null;
    }

    private static string Text(JsonObject of, string field) => of[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(JsonObject of, string field) => of[field] is JsonValue value && value.TryGetValue<int>(out var number) ? number : 0;
}
