using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>
/// The cluster's DNS server on this node. It listens at the address of the Service <c>kube-dns</c>, which is the same on every node, and
/// makes that address local to the machine.
/// </summary>
/// <remarks>Whoever serves that Service otherwise, with pods behind a selector, takes it over: then nothing listens here.</remarks>
internal sealed partial class NodeDns : IAsyncDisposable
{
    // A port of another process is rarely free again soon.
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);

    private readonly NodeAgentOptions _options;
    private readonly IServiceSource _services;
    private readonly UpstreamServers _servers;
    private readonly UpstreamResolver _upstream;
    private readonly DnsResponder _responder;
    private readonly DnsBudget _budget;
    private readonly ServedAddress _served;
    private readonly Action<string> _tell;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SupervisedLoop _loop;
    private IPAddress? _address;
    private DnsUdpListener? _udp;
    private DnsTcpListener? _tcp;
    private volatile string? _lastFault;
    private bool _madeLocal;

    /// <summary>Prepares the server.</summary>
    /// <param name="options">How it serves.</param>
    /// <param name="services">Where the Service is found.</param>
    /// <param name="index">The services and endpoints that it answers for.</param>
    /// <param name="tell">Records a warning on the node.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes its loggers.</param>
    public NodeDns(
        NodeAgentOptions options, IServiceSource services, ServiceIndex index, Action<string> tell, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _services = services;
        _served = new ServedAddress(Path.Combine(options.DataDirectory, "cluster-dns"));
        _tell = tell;
        _time = time;
        _logger = loggers.CreateLogger<NodeDns>();
        _servers = new UpstreamServers(options, ResolverFile.ReadHost, time);
        _upstream = new UpstreamResolver(_servers, options, time);
        _responder = new DnsResponder(new ClusterZone(index, options.ClusterDomain.TrimEnd('.').ToLowerInvariant(), (int)options.DnsTtl.TotalSeconds), _upstream);
        _budget = new DnsBudget(options.DnsUpstreamQueriesMax, options.DnsConnectionsMax);
        _loop = new SupervisedLoop("cluster DNS", SynchronizeAsync, time, _logger);
    }

    /// <summary>Where it listens; null while it does not.</summary>
    public IPAddress? Address => _tcp is null ? null : _address;

    /// <summary>Whether it should listen and cannot.</summary>
    public bool IsRefused => _lastFault is not null;

    /// <summary>Looks at the Service soon. It may have changed.</summary>
    public void Signal() => _loop.Signal();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        await CloseAsync(CancellationToken.None);
        await _upstream.DisposeAsync();
    }

    private async Task<TimeSpan?> SynchronizeAsync(CancellationToken cancellationToken)
    {
        // What is not known is no reason to close: the control plane may be away. Nor is it one not to open where this node has served.
        var isKnown = _services.IsSynced;
        if (!isKnown && _tcp is not null)
            return null;
        var wanted = isKnown ? ClusterDnsService.AddressServedByNodes(_services) : _served.FindLast();
        if (isKnown)
            _served.Keep(wanted);
        if (!Equals(wanted, _address))
            await CloseAsync(cancellationToken);
        if (wanted is null || _tcp is not null)
            return null;
        _address = _servers.Own = wanted;
        return await TryOpenAsync(wanted, cancellationToken) ? null : RetryPeriod;
    }

    private async Task<bool> TryOpenAsync(IPAddress address, CancellationToken cancellationToken)
    {
        if (RangeOf(address) is { } range)
            _madeLocal = await ServiceProxyAddressing.TryMakeLocalAsync(range, ServiceProxyAddressing.MetricOf(_options.Index), cancellationToken);
        try
        {
            var at = new IPEndPoint(address, DnsServerAddress.Port);
            _udp = DnsUdpListener.Open(at, _responder, _budget, _time, _logger);
            _tcp = DnsTcpListener.Open(at, _responder, _budget, _time, _logger);
            _lastFault = null;
            LogListening(address);
            return true;
        }
        catch (SocketException refused)
        {
            if (_udp is not null)
                await _udp.DisposeAsync();
            _udp = null;
            var fault = $"cannot serve DNS at {address}:{DnsServerAddress.Port}: {refused.Message}";

            // Told once, and tried again.
            if (fault != _lastFault)
            {
                LogFault(fault);
                _tell(fault);
            }

            _lastFault = fault;
            return false;
        }
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_udp is not null)
            await _udp.DisposeAsync();
        if (_tcp is not null)
            await _tcp.DisposeAsync();
        if (_madeLocal && _address is not null && RangeOf(_address) is { } range)
            await ServiceProxyAddressing.RemoveAsync(range, ServiceProxyAddressing.MetricOf(_options.Index), cancellationToken);
        (_udp, _tcp, _address, _madeLocal, _lastFault) = (null, null, null, false, null);
        _servers.Own = null;
    }

    /// <summary>The range to make local for an address alone; null if the address needs none.</summary>
    private static string? RangeOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address) ? $"{address}/32" : null;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Cluster DNS listens at {Address}")]
    private partial void LogListening(IPAddress address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node {Fault}; tried again every ten seconds")]
    private partial void LogFault(string fault);
}
