using System.Collections.Immutable;
using System.Net.Sockets;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;
using k8s.Models;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Serves cluster IPs and node ports in user space: opens a port for each service port, and carries what comes to a ready
/// endpoint. A change opens and closes only the ports that differ, and leaves connections alone whose port stays.
/// </summary>
/// <remarks>Each service has its budget of ports, connections and UDP sessions, and the whole one against the process's limit of
/// descriptors. Whoever exceeds his, and whose port another process has, is told in an event.</remarks>
internal sealed partial class UserSpaceProxy : IServiceProxy
{
    // A port of another process is rarely free again soon; a change of services retries at once.
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);

    private readonly NodeAgentOptions _options;
    private readonly ServiceCatalog _services;
    private readonly EndpointSliceCatalog _slices;
    private readonly Func<string?> _zone;
    private readonly OutsideClients _outside;
    private readonly Action<V1Service, string, string> _tell;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<IPAddress> _nodePortAddresses;
    private readonly Dictionary<Listening, IPortListener> _listeners = [];
    private readonly Dictionary<string, ServiceBudget> _budgets = new(StringComparer.Ordinal);
    private readonly HashSet<Listening> _refused = [];
    private readonly Dictionary<string, ServedService> _served = new(StringComparer.Ordinal);
    private readonly SupervisedLoop _loop;
    private int _rounds;
    private string? _range;
    private bool _madeLocal;
    private volatile bool _isRunning;

    /// <summary>Prepares the proxy.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="services">The cluster's services.</param>
    /// <param name="slices">The slices of their endpoints.</param>
    /// <param name="zone">Reads the node's zone; null until the node is known.</param>
    /// <param name="outside">Tells which clients are outside the cluster.</param>
    /// <param name="tell">Records a warning on a service, with a reason and a message.</param>
    /// <param name="time">The clock of session affinity.</param>
    /// <param name="loggers">Where it logs.</param>
    public UserSpaceProxy(
        NodeAgentOptions options, ServiceCatalog services, EndpointSliceCatalog slices, Func<string?> zone, OutsideClients outside,
        Action<V1Service, string, string> tell, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _services = services;
        _slices = slices;
        _zone = zone;
        _outside = outside;
        _tell = tell;
        _time = time;
        _logger = loggers.CreateLogger<UserSpaceProxy>();
        _nodePortAddresses = [.. options.NodePortAddresses.Select(AddressSyntax.Parse)];
        Budget = new ProxyBudget(options, DescriptorLimit.Read());
        _loop = new SupervisedLoop("service proxy", SynchronizeAsync, time, _logger);
    }

    /// <summary>What the whole proxy holds.</summary>
    public ProxyBudget Budget { get; }

    /// <summary>How often the open ports have been brought in line.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <inheritdoc/>
    public void Start()
    {
        _isRunning = true;
        Signal(null);
    }

    /// <summary>Brings the open ports in line with the services and their slices, soon after any of them has changed.</summary>
    /// <param name="service">Does not matter: a round looks at all services, but works out only those that have changed.</param>
    public void Signal(ObjectKey? service)
    {
        if (_isRunning)
            _loop.Signal();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        await Task.WhenAll(_listeners.Values.Select(listener => listener.DisposeAsync().AsTask()));
        _listeners.Clear();
        if (_madeLocal)
            await ServiceProxyAddressing.RemoveAsync(_range!, ServiceProxyAddressing.MetricOf(_options.Index), CancellationToken.None);
    }

    private async Task<TimeSpan?> SynchronizeAsync(CancellationToken cancellationToken)
    {
        if (_range is null)
        {
            if (ServiceProxyAddressing.FindRange(_options.ServiceCidr, _services) is not { } range)
                return null;
            await MakeLocalAsync(range, cancellationToken);
            _range = range;
        }

        var routes = new Dictionary<Listening, ServiceRoute>();
        var services = _services.All.ToDictionary(KeyOf, StringComparer.Ordinal);
        foreach (var (_, service) in services.OrderBy(service => service.Key, StringComparer.Ordinal))
            AddRoutes(routes, service);
        foreach (var gone in _listeners.Keys.Where(listening => !routes.ContainsKey(listening)).ToList())
        {
            _listeners.Remove(gone, out var listener);
            await listener!.DisposeAsync();
        }

        foreach (var gone in _budgets.Keys.Where(key => !services.ContainsKey(key)).ToList())
            _budgets.Remove(gone);
        foreach (var gone in _served.Keys.Where(key => !services.ContainsKey(key)).ToList())
            _served.Remove(gone);
        _refused.RemoveWhere(listening => !routes.ContainsKey(listening));
        foreach (var (listening, route) in routes)
        {
            if (_listeners.TryGetValue(listening, out var listener))
                listener.Picker.Route = route;
            else
                Open(listening, route, services[route.Service]);
        }

        Interlocked.Increment(ref _rounds);

        // Whoever has the port may give it back, and so may other services.
        return _listeners.Count < routes.Count ? RetryPeriod : null;
    }

    /// <summary>Makes cluster IPs addresses of this machine where that takes anything.</summary>
    private async Task MakeLocalAsync(string range, CancellationToken cancellationToken)
    {
        if (ServiceProxyAddressing.IsLoopback(range))
            return;
        _madeLocal = await ServiceProxyAddressing.TryMakeLocalAsync(range, ServiceProxyAddressing.MetricOf(_options.Index), cancellationToken);
        if (!_madeLocal && !await ServiceProxyAddressing.IsLocalAsync(range, cancellationToken))
            LogNotLocal(range);
    }

    private void AddRoutes(Dictionary<Listening, ServiceRoute> routes, V1Service service)
    {
        try
        {
            foreach (var (listening, route) in RoutesOf(service))
                routes.TryAdd(listening, route);
        }
        catch (Exception fault)
        {
            LoopInstruments.ObjectFailed("service proxy");
            LogNotServed(fault, KeyOf(service));
            _tell(service, "FailedSync", $"cannot be served on this node: {fault.Message}");
        }
    }

    /// <summary>The routes of a service; those of last time where neither it, its slices nor the zone have changed.</summary>
    private IReadOnlyList<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1Service service)
    {
        var key = KeyOf(service);
        var slices = _slices.Of(service.Metadata.NamespaceProperty, service.Metadata.Name);
        var zone = _zone() ?? "";
        if (_served.TryGetValue(key, out var last) && ReferenceEquals(last.Service, service) && ReferenceEquals(last.Slices, slices) && last.Zone == zone)
            return last.Routes;

        // One more than the budget, which refuses it and tells.
        _served.Remove(key);
        var range = AddressSyntax.TryParseNetwork(_range ?? "", out var network) ? network : (IPNetwork?)null;
        var routes = RouteTable.Bounded(
            RouteTable.Of(service, slices.Values, _nodePortAddresses, zone, _options.ProxyServicePortsMax + 1, range)
                .Where(route => route.Key.Protocol != TransportProtocol.Sctp),
            out var isCut);
        if (isCut)
            _tell(service, "TooManyEndpoints", RouteTable.TooManyTargets);
        _served[key] = new ServedService(service, slices, zone, routes);
        return routes;
    }

    private void Open(Listening listening, ServiceRoute route, V1Service service)
    {
        var budget = BudgetOf(service);
        if (budget.TryTake(ProxyUse.Port) is not { } place)
            return;
        try
        {
            var picker = new EndpointPicker(route, _outside.Contains, _time);
            _listeners[listening] = listening.Protocol == TransportProtocol.Udp
                ? UdpPortListener.Open(listening, place, picker, _options, budget, _time, _logger)
                : TcpPortListener.Open(listening, place, picker, _options, budget, _time, _logger);
            _refused.Remove(listening);
        }
        catch (SocketException refused)
        {
            place.Dispose();

            // An external address mostly belongs to another machine, whose packets only the kernel could take.
            if (route.Scope == RouteScope.External && refused.SocketErrorCode == SocketError.AddressNotAvailable)
                return;

            // Told once, and tried again.
            if (!_refused.Add(listening))
                return;
            LogCannotListen(listening, route.Service, refused.Message);
            _tell(service, refused.SocketErrorCode == SocketError.AddressAlreadyInUse ? "PortInUse" : "FailedToListen",
                $"cannot listen on {listening} on this node: {refused.Message}");
        }
    }

    private ServiceBudget BudgetOf(V1Service service)
    {
        var key = KeyOf(service);
        if (!_budgets.TryGetValue(key, out var budget))
            _budgets[key] = budget = new ServiceBudget(Budget, _options, _time, Report);
        return budget;

        void Report(string reason, string message)
        {
            LogOverBudget(key, message);
            _tell(service, reason, message);
        }
    }

    private sealed record ServedService(
        V1Service Service, ImmutableSortedDictionary<string, ProxiedSlice> Slices, string Zone, IReadOnlyList<KeyValuePair<Listening, ServiceRoute>> Routes);

    private static string KeyOf(V1Service service) => $"{service.Metadata.NamespaceProperty}/{service.Metadata.Name}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service range {Cidr} cannot be made local to this machine (that takes root and the ip command); only node ports are served")]
    private partial void LogNotLocal(string cidr);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot listen on {Listening} for the service {Service}: {Why}")]
    private partial void LogCannotListen(Listening listening, string service, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service {Service} cannot be served")]
    private partial void LogNotServed(Exception exception, string service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service {Service} has used up its budget: {What}")]
    private partial void LogOverBudget(string service, string what);
}
