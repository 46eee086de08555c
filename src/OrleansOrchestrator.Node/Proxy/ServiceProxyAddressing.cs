using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Makes the range of cluster IPs an address of this machine, so that the proxy can listen on them and pods reach them
/// through their gateway. Linux takes a whole range as local ("AnyIP"), for which one has to be root; the loopback range is
/// local everywhere and needs nothing, but containers with a network of their own do not reach it.
/// </summary>
/// <remarks>
/// Daemons of several clusters may share the machine. Each adds a route of its own, which differs in its metric, so that the range
/// stays local until the last of them has ended.
/// </remarks>
public static class ServiceProxyAddressing
{
    /// <summary>The annotation of the service <c>kubernetes</c> that says which range the cluster has.</summary>
    public const string RangeAnnotation = "orleansorchestrator.io/service-cidr";

    /// <summary>The range where the machine can make it local.</summary>
    public const string RoutedCidr = "10.96.0.0/16";

    /// <summary>The range that is local anyway.</summary>
    public const string LoopbackCidr = "127.96.0.0/16";

    // No daemon has this one: see MetricOf.
    private const int ProbeMetric = 1;

    // The ip command takes milliseconds.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Proposes a range for a new cluster on this machine.</summary>
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

    /// <summary>Whether a range is part of the loopback range, and so local without further ado.</summary>
    internal static bool IsLoopback(string cidr) => AddressSyntax.TryParseNetwork(cidr, out var network) && IPAddress.IsLoopback(network.BaseAddress);

    /// <summary>Whether some daemon of this machine has made a range local.</summary>
    internal static async Task<bool> IsLocalAsync(string cidr, CancellationToken cancellationToken) =>
        await RunIpAsync(["route", "show", "table", "local", "exact", cidr], cancellationToken) is { Length: > 0 };

    /// <summary>The metric of a daemon's route: its index tells it from the other daemons of the machine.</summary>
    internal static int MetricOf(int index) => ProbeMetric + 1 + index;

    /// <summary>Makes a range local, for whoever has the metric.</summary>
    /// <returns>Whether it is local now.</returns>
    internal static async Task<bool> TryMakeLocalAsync(string cidr, int metric, CancellationToken cancellationToken) =>
        await RunIpAsync(["route", "replace", .. Route(cidr, metric)], cancellationToken) is not null;

    /// <summary>Takes back what <see cref="TryMakeLocalAsync"/> did; the range stays local for others.</summary>
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

    /// <summary>Runs <c>ip</c>.</summary>
    /// <returns>What it prints; null if it is missing or fails.</returns>
    private static async Task<string?> RunIpAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(CommandTimeout);
            var output = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
