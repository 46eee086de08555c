using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Serves cluster IPs and node ports in user space: opens a port for each service port, and carries what comes to a ready
/// endpoint. A change opens and closes only the ports that differ, and leaves connections alone whose port stays.
/// </summary>
internal sealed partial class ServiceProxy : IAsyncDisposable
{
    private readonly ServiceProxyOptions _options;
    private readonly ServiceCatalog _services;
    private readonly ObjectCatalog<V1Endpoints> _endpoints;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<IPAddress> _nodePortAddresses;
    private readonly ConnectionBudget _budget;
    private readonly Lock _gate = new();
    private readonly Dictionary<Listening, IPortListener> _listeners = [];
    private readonly HashSet<Listening> _refused = [];
    private bool _madeLocal;
    private bool _isRunning;

    /// <summary>Prepares the proxy.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="services">The cluster's services.</param>
    /// <param name="endpoints">The cluster's endpoints.</param>
    /// <param name="time">The clock of session affinity.</param>
    /// <param name="loggers">Where it logs.</param>
    public ServiceProxy(
        ServiceProxyOptions options, ServiceCatalog services, ObjectCatalog<V1Endpoints> endpoints, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _services = services;
        _endpoints = endpoints;
        _time = time;
        _logger = loggers.CreateLogger<ServiceProxy>();
        _nodePortAddresses = [.. options.NodePortAddresses.Select(IPAddress.Parse)];
        _budget = new ConnectionBudget(options.ConnectionsMax);
    }

    /// <summary>Makes cluster IPs addresses of this machine where that takes anything, and begins to serve.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!ServiceProxyAddressing.IsLoopback(_options.ServiceCidr) && !await ServiceProxyAddressing.IsLocalAsync(_options.ServiceCidr, cancellationToken))
        {
            _madeLocal = await ServiceProxyAddressing.TryMakeLocalAsync(_options.ServiceCidr, cancellationToken);
            if (!_madeLocal)
                LogNotLocal(_options.ServiceCidr);
        }

        lock (_gate)
            _isRunning = true;
        Signal();
    }

    /// <summary>Brings the open ports in line with the services and endpoints, after any of them has changed.</summary>
    public void Signal()
    {
        var closed = new List<IPortListener>();
        lock (_gate)
        {
            if (!_isRunning)
                return;
            var routes = RouteTable.Build(_services.All, _endpoints.Find, _nodePortAddresses);
            foreach (var gone in _listeners.Keys.Where(listening => !routes.ContainsKey(listening)).ToList())
            {
                closed.Add(_listeners[gone]);
                _listeners.Remove(gone);
            }

            _refused.RemoveWhere(listening => !routes.ContainsKey(listening));
            foreach (var (listening, route) in routes)
            {
                if (_listeners.TryGetValue(listening, out var listener))
                    listener.Picker.Route = route;
                else
                    Open(listening, route);
            }
        }

        foreach (var listener in closed)
            _ = listener.DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<IPortListener> open;
        lock (_gate)
        {
            _isRunning = false;
            open = [.. _listeners.Values];
            _listeners.Clear();
        }

        await Task.WhenAll(open.Select(listener => listener.DisposeAsync().AsTask()));
        if (_madeLocal)
            await ServiceProxyAddressing.RemoveAsync(_options.ServiceCidr, CancellationToken.None);
    }

    private void Open(Listening listening, ServiceRoute route)
    {
        try
        {
            var picker = new EndpointPicker(route, _time);
            _listeners[listening] = listening.IsUdp
                ? UdpPortListener.Open(listening, picker, _options, _budget)
                : TcpPortListener.Open(listening, picker, _options, _budget);
            _refused.Remove(listening);
        }
        catch (SocketException refused)
        {
            // Told once, and tried again with every change.
            if (_refused.Add(listening))
                LogCannotListen(listening, route.Service, refused.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service range {Cidr} cannot be made local to this machine (that takes root and the ip command); only node ports are served")]
    private partial void LogNotLocal(string cidr);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot listen on {Listening} for the service {Service}: {Why}")]
    private partial void LogCannotListen(Listening listening, string service, string why);
}
