using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Kinds.Core.Services;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Makes the range of cluster IPs local to this machine. The proxy can then listen on the cluster IPs, and pods reach them through
/// their default gateway. On Linux, a local route makes a whole range local ("AnyIP"); adding it needs root. The loopback range is
/// local already, but a container with its own network cannot reach the machine's loopback range.
/// </summary>
/// <remarks>
/// Daemons of several clusters may share the machine. Each daemon adds its own route with its own metric. The range stays local until
/// the last daemon removes its route.
/// </remarks>
public static class ServiceProxyAddressing
{
    /// <summary>The range for a machine on which this process can add a local route.</summary>
    public const string RoutedCidr = "10.96.0.0/16";

    /// <summary>The range for any other machine: it is local already.</summary>
    public const string LoopbackCidr = "127.96.0.0/16";

    // The metric of the test route. No daemon uses it: see MetricOf.
    private const int ProbeMetric = 1;

    /// <summary>Chooses the range for a new cluster on this machine.</summary>
    public static async Task<string> DetectServiceCidrAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || await IsLocalAsync(RoutedCidr, cancellationToken))
            return !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess ? LoopbackCidr : RoutedCidr;
        if (!await TryMakeLocalAsync(RoutedCidr, ProbeMetric, cancellationToken))
            return LoopbackCidr;
        var works = CanListen(RoutedCidr);
        await RemoveAsync(RoutedCidr, ProbeMetric, cancellationToken);
        return works ? RoutedCidr : LoopbackCidr;
    }

    /// <summary>The range of the cluster's service addresses; null if that is not known yet.</summary>
    /// <param name="configured">The operator's; null takes the cluster's.</param>
    /// <param name="services">The cluster's services.</param>
    internal static string? FindRange(string? configured, ServiceCatalog services) =>
        configured is not null || !services.IsSynced
            ? configured
            : services.Find(ClusterService.Namespace, ClusterService.Name)?.GetAnnotation(ClusterService.ServiceRangeAnnotation) ?? RoutedCidr;

    /// <summary>The ranges among some texts.</summary>
    internal static IEnumerable<IPNetwork> RangesOf(IEnumerable<string> texts) =>
        texts.Select(text => AddressSyntax.TryParseNetwork(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>();

    /// <summary>The ranges of pods' addresses: the operator's, else the cluster's.</summary>
    /// <param name="configured">The operator's.</param>
    /// <param name="cluster">The cluster's, with commas between them; null or empty if they are not known.</param>
    internal static IReadOnlyList<IPNetwork> PodRanges(IReadOnlyList<string> configured, string? cluster) =>
        [.. RangesOf(configured.Count > 0 ? configured : (cluster ?? "").Split(',', StringSplitOptions.TrimEntries))];

    /// <summary>Whether a range is part of the loopback range, which needs no route.</summary>
    internal static bool IsLoopback(string cidr) => AddressSyntax.TryParseNetwork(cidr, out var network) && IPAddress.IsLoopback(network.BaseAddress);

    /// <summary>Whether any daemon of this machine has made the range local.</summary>
    internal static async Task<bool> IsLocalAsync(string cidr, CancellationToken cancellationToken) =>
        await RunIpAsync(["route", "show", "table", "local", "exact", cidr], cancellationToken) is { Length: > 0 };

    /// <summary>The metric of a daemon's route. The daemon's index makes it unique on the machine.</summary>
    internal static int MetricOf(int index) => ProbeMetric + 1 + index;

    /// <summary>Adds the local route of the daemon with this metric.</summary>
    /// <returns>Whether the route is there now.</returns>
    internal static Task<bool> TryMakeLocalAsync(string cidr, int metric, CancellationToken cancellationToken) =>
        TryMakeLocalAsync(cidr, metric, null, cancellationToken);

    /// <summary>Adds the local route of the daemon with this metric.</summary>
    /// <param name="cidr">The range.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="source">The address of this machine from which its own connections to the range come; null for the called one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the route is there now.</returns>
    internal static async Task<bool> TryMakeLocalAsync(string cidr, int metric, IPAddress? source, CancellationToken cancellationToken)
    {
        string[] preferred = source is null ? [] : ["src", source.ToString()];
        return await RunIpAsync(["route", "replace", .. Route(cidr, metric), .. preferred], cancellationToken) is not null;
    }

    /// <summary>Removes the route that <c>TryMakeLocalAsync</c> added. The routes of other daemons stay.</summary>
    internal static Task RemoveAsync(string cidr, int metric, CancellationToken cancellationToken) =>
        RunIpAsync(["route", "del", .. Route(cidr, metric)], cancellationToken);

    private static string[] Route(string cidr, int metric) =>
        ["local", cidr, "dev", "lo", "metric", metric.ToString(CultureInfo.InvariantCulture)];

    private static bool CanListen(string cidr)
    {
        if (!AddressSyntax.TryParseNetwork(cidr, out var network))
            return false;
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[3]++;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress(bytes), 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Runs the <c>ip</c> command.</summary>
    /// <returns>The output, or null if the command is missing or fails.</returns>
    private static async Task<string?> RunIpAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var outcome = await new MachineCommand("ip", arguments).RunAsync(cancellationToken);
        return outcome.IsSuccess ? outcome.Output : null;
    }
}
