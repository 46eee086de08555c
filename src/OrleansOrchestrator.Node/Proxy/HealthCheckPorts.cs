using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Opens the health check node ports of services whose external traffic stays on the node that it reaches.</summary>
internal sealed partial class HealthCheckPorts : IAsyncDisposable
{
    // Each is a web server of its own.
    private const int PortsMax = 256;

    // Another process that has a port may give it back.
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);

    private readonly ServiceCatalog _services;
    private readonly EndpointSliceCatalog _slices;
    private readonly Action<V1Service, string, string> _tell;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<IPAddress> _addresses;
    private readonly Dictionary<ObjectKey, HealthCheckPort> _open = [];
    private readonly HashSet<ObjectKey> _refused = [];
    private readonly Lock _gate = new();
    private readonly SupervisedLoop _loop;
    private HashSet<ObjectKey> _changed = [];
    private bool _isAllChanged = true;

    /// <summary>Prepares the ports.</summary>
    /// <param name="options">Where they are opened.</param>
    /// <param name="services">The cluster's services.</param>
    /// <param name="slices">The slices of their endpoints.</param>
    /// <param name="tell">Records a warning on a service, with a reason and a message.</param>
    /// <param name="time">The clock of retries.</param>
    /// <param name="loggers">Where it logs.</param>
    public HealthCheckPorts(
        NodeAgentOptions options, ServiceCatalog services, EndpointSliceCatalog slices, Action<V1Service, string, string> tell, TimeProvider time,
        ILoggerFactory loggers)
    {
        _services = services;
        _slices = slices;
        _tell = tell;
        _loggers = loggers;
        _logger = loggers.CreateLogger<HealthCheckPorts>();
        _addresses = [.. options.NodePortAddresses.Select(AddressSyntax.Parse)];
        _loop = new SupervisedLoop("health check ports", SynchronizeAsync, time, _logger);
    }

    /// <summary>Answers for a service as it is now.</summary>
    /// <param name="service">The service; null if any may have changed.</param>
    public void Signal(ObjectKey? service)
    {
        lock (_gate)
        {
            if (service is { } one)
                _changed.Add(one);
            else
                _isAllChanged = true;
        }

        _loop.Signal();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        foreach (var port in _open.Values)
            await port.DisposeAsync();
        _open.Clear();
    }

    private async Task<TimeSpan?> SynchronizeAsync(CancellationToken cancellationToken)
    {
        // Before both are known, a node with endpoints would seem to have none, and load balancers would leave it out.
        if (!_services.IsSynced || !_slices.IsSynced)
            return null;
        HashSet<ObjectKey> changed;
        lock (_gate)
        {
            changed = _isAllChanged ? [.. _open.Keys, .. _services.Keys] : [.. _changed, .. _refused];
            (_changed, _isAllChanged) = ([], false);
        }

        foreach (var key in changed)
            await BringInLineAsync(key, cancellationToken);
        return _refused.Count > 0 ? RetryPeriod : null;
    }

    private async Task BringInLineAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var service = _services.Find(key.Namespace, key.Name);
        var wanted = service is null ? null : RouteTable.HealthOf(service, _slices.Of(key.Namespace, key.Name).Values);
        if (_open.TryGetValue(key, out var open) && open.Number != wanted?.Port)
        {
            _open.Remove(key);
            await open.DisposeAsync();
            open = null;
        }

        if (wanted is not var (number, count))
        {
            _refused.Remove(key);
            return;
        }

        try
        {
            if (open is null && _open.Count >= PortsMax)
                throw new IOException($"{PortsMax} services have such ports");
            open ??= _open[key] = await HealthCheckPort.OpenAsync(key, number, _addresses, _loggers, cancellationToken);
            open.LocalEndpoints = count;
            _refused.Remove(key);
        }
        catch (Exception refused) when (refused is IOException or SocketException or InvalidOperationException)
        {
            if (!_refused.Add(key))
                return;
            LogCannotListen(number, key.ToString(), refused.Message);
            _tell(service!, "FailedToStartServiceHealthcheck", $"cannot listen on the health check node port {number} on this node: {refused.Message}");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot listen on the health check node port {Port} of the service {Service}: {Why}")]
    private partial void LogCannotListen(int port, string service, string why);
}
