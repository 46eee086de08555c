using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// Serves services in the kernel: keeps one table of nftables in line with the services and their slices. Each round works out the
/// services that have changed, and applies the difference in one transaction.
/// </summary>
/// <remarks>
/// The first round takes over the table of a former daemon, and replaces everything in it but the notes which client got which endpoint.
/// So there is no gap, and affinity holds over a restart. A transaction that fails has changed nothing; the next one then replaces the
/// whole table, as it does when somebody has removed it. Disposing leaves the table, which serves on.
/// </remarks>
internal sealed partial class NftablesProxy : IServiceProxy
{
    // How often it looks whether somebody has changed the machine's tables, as kube-proxy's syncPeriod.
    private static readonly TimeSpan InspectionPeriod = TimeSpan.FromSeconds(30);

    // Changes that come within this time share a transaction, so that a node does not do nothing else while everything moves.
    private static readonly TimeSpan RoundDistance = TimeSpan.FromMilliseconds(50);

    // What is remembered on a machine whose flows cannot be read.
    private const int GoneUdpMax = 10_000;

    private readonly NodeAgentOptions _options;
    private readonly ServiceCatalog _services;
    private readonly EndpointSliceCatalog _slices;
    private readonly Func<string?> _zone;
    private readonly TableSettings _settings;
    private readonly Action<V1Service, string, string> _tell;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ServiceTable _table;
    private readonly ForwardAcceptance _acceptance;
    private readonly SupervisedLoop _loop;
    private readonly Lock _gate = new();
    private readonly HashSet<Listening> _goneUdp = [];
    private HashSet<ObjectKey> _changed = [];
    private bool _isAllChanged = true;
    private bool _isWhole;
    private bool _hasStaleFlows = true;
    private string? _countedZone;
    private string? _lastFault;
    private string? _lastFlowFault;
    private long _lastRound;
    private long _lastInspection;
    private int _rounds;
    private int _replacements;

    /// <summary>Prepares the proxy.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="services">The cluster's services.</param>
    /// <param name="slices">The slices of their endpoints.</param>
    /// <param name="zone">Reads the node's zone; null until the node is known.</param>
    /// <param name="settings">The table.</param>
    /// <param name="tell">Records a warning on a service, with a reason and a message.</param>
    /// <param name="time">The clock of rounds.</param>
    /// <param name="loggers">Where it logs.</param>
    public NftablesProxy(
        NodeAgentOptions options, ServiceCatalog services, EndpointSliceCatalog slices, Func<string?> zone, TableSettings settings,
        Action<V1Service, string, string> tell, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _services = services;
        _slices = slices;
        _zone = zone;
        _settings = settings;
        _tell = tell;
        _time = time;
        _logger = loggers.CreateLogger<NftablesProxy>();
        _table = new ServiceTable(settings);
        _acceptance = new ForwardAcceptance(settings.Name);
        _loop = new SupervisedLoop("service proxy", SynchronizeAsync, time, _logger);
    }

    /// <summary>How often the table has been brought in line.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <summary>How often the whole table has been put into the kernel.</summary>
    public int Replacements => Volatile.Read(ref _replacements);

    /// <inheritdoc/>
    public void Start() => Signal(null);

    /// <inheritdoc/>
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
    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task<TimeSpan?> SynchronizeAsync(CancellationToken cancellationToken)
    {
        // Before both are known, every service would seem to have no endpoints, and its table of the former daemon would be lost.
        if (!_services.IsSynced || !_slices.IsSynced || _zone() is not { } zone)
            return null;
        if (_rounds > 0 && RoundDistance - _time.GetElapsedTime(_lastRound) is { Ticks: > 0 } rest)
            await _time.DelayAsync(rest, cancellationToken);
        _lastRound = _time.GetTimestamp();
        if (_isWhole && _time.GetElapsedTime(_lastInspection) >= InspectionPeriod)
        {
            _isWhole = await InspectAsync(cancellationToken);
            if (_isWhole)
                await RemoveUnusedAsync(cancellationToken);
        }

        var clock = Stopwatch.StartNew();
        var change = new TableChange();
        var bridges = await HostBridges.ReadAsync(cancellationToken);
        TakeChanges(zone, bridges, change);
        if (!_isWhole)
        {
            await ReplaceAsync(cancellationToken);
            LogReplaced(_settings.Name, _table.Services.Count, clock.Elapsed.TotalMilliseconds);
        }
        else if (!change.IsEmpty && await NftProgram.ApplyAsync(text => change.Write(text, _settings), cancellationToken) is { } refused)
        {
            LogRefused(_settings.Name, refused);
            _isWhole = false;
            return TimeSpan.Zero;
        }

        ForgetStaleFlows();
        if (bridges is { OneWayPorts.Count: > 0 })
            await bridges.OpenPortsAsync(_table.PodsHere, cancellationToken);
        Interlocked.Increment(ref _rounds);
        return InspectionPeriod;
    }

    /// <summary>Works out the services that have changed.</summary>
    private void TakeChanges(string zone, HostBridges? bridges, TableChange change)
    {
        HashSet<ObjectKey> changed;
        lock (_gate)
        {
            changed = _isAllChanged || zone != _countedZone ? [.. _table.Services, .. _services.Keys] : _changed;
            (_changed, _isAllChanged) = ([], false);
        }

        try
        {
            var left = new SortedSet<ObjectKey>(changed);
            while (left.Count > 0)
            {
                var key = left.Min;
                left.Remove(key);
                left.UnionWith(Give(key, zone, change));
            }

            if (bridges is not null)
                _table.SetBridges(bridges.Unfiltered, change);
            _countedZone = zone;
        }
        catch
        {
            // Nobody knows any more how the kernel's table differs.
            (_countedZone, _isWhole) = (null, false);
            throw;
        }
    }

    private IReadOnlyCollection<ObjectKey> Give(ObjectKey key, string zone, TableChange change)
    {
        var routes = RoutesOf(key, zone);
        var former = _table.RoutesOf(key);
        var successors = _table.Set(key, routes, change);
        foreach (var (at, route) in former.Where(one => one.Key.Protocol == TransportProtocol.Udp))
        {
            if (_table.At(at) is not { } next)
                _goneUdp.Add(at);
            else if (next.HasAllOf(route) && route.IsEmpty == next.IsEmpty)
                continue;
            _hasStaleFlows = true;
        }

        _hasStaleFlows |= routes.Exists(one => one.Key.Protocol == TransportProtocol.Udp && !former.ContainsKey(one.Key));
        return successors;
    }

    private List<KeyValuePair<Listening, ServiceRoute>> RoutesOf(ObjectKey key, string zone)
    {
        if (_services.Find(key.Namespace, key.Name) is not { } service)
            return [];
        try
        {
            var max = _options.ProxyServicePortsMax;
            var slices = _slices.Of(key.Namespace, key.Name).Values;
            var routes = RouteTable.Bounded(RouteTable.Of(service, slices, [IPAddress.Any], zone, max + 1, _settings.ServiceRange), out var isCut);
            if (isCut)
                _tell(service, "TooManyEndpoints", RouteTable.TooManyTargets);
            if (routes.Count <= max)
                return routes;
            _tell(service, "TooManyPorts", $"has more than {max} ports on this node; the others are not served");
            return routes[..max];
        }
        catch (Exception fault)
        {
            LoopInstruments.ObjectFailed("service proxy");
            LogNotServed(fault, key.ToString());
            _tell(service, "FailedSync", $"cannot be served on this node: {fault.Message}");
            return [];
        }
    }

    /// <summary>Puts the whole table into the kernel.</summary>
    /// <exception cref="InvalidOperationException">nft refuses.</exception>
    private async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        var refusal = await NftProgram.ApplyAsync(text => _table.WriteWhole(text, adopts: true), cancellationToken);
        if (refusal is not null)
        {
            // The table is made anew, with nothing that may be why the kernel refuses.
            _table.Forget(_table.Unused(max: 0));
            refusal = await NftProgram.ApplyAsync(text => _table.WriteWhole(text, adopts: false), cancellationToken);
        }

        if (refusal is not null)
            throw new InvalidOperationException($"nft refuses the table {_settings.Name}: {refusal}");
        _isWhole = true;
        Interlocked.Increment(ref _replacements);
        await AcceptForwardedAsync(cancellationToken);
    }

    /// <summary>Looks whether the table is there still, and whether the engine's filter lets its connections pass.</summary>
    private async Task<bool> InspectAsync(CancellationToken cancellationToken)
    {
        _lastInspection = _time.GetTimestamp();
        if (await NftProgram.AskAsync(TableText.Inspect(_settings.Name), cancellationToken) is not { } answer || !TableText.IsIntact(answer))
        {
            LogGone(_settings.Name);
            return false;
        }

        await AcceptForwardedAsync(cancellationToken);
        return true;
    }

    /// <summary>Removes chains to which nothing leads any more. Not in the transaction that takes their last element away: older kernels count
    /// it still.</summary>
    private async Task RemoveUnusedAsync(CancellationToken cancellationToken)
    {
        if (_table.Unused() is { Count: > 0 } unused
            && await NftProgram.ApplyAsync(text => TableText.WriteRemoval(text, _settings, unused), cancellationToken) is null)
        {
            _table.Forget(unused);
        }
    }

    private async Task AcceptForwardedAsync(CancellationToken cancellationToken)
    {
        _lastInspection = _time.GetTimestamp();
        var fault = await _acceptance.EnsureAsync(cancellationToken);
        if (fault is not null && fault != _lastFault)
            LogNotAccepted(fault);
        _lastFault = fault;
    }

    private void ForgetStaleFlows()
    {
        if (!_hasStaleFlows)
            return;
        try
        {
            var own = OutsideClients.ReadOwn().ToHashSet();
            var stale = StaleFlows.Find(ConntrackCalls.List(), _table, _goneUdp, own.Contains).ToList();
            if (stale.Count > 0)
                LogForgotten(ConntrackCalls.Delete(stale));
            _goneUdp.Clear();
            (_hasStaleFlows, _lastFlowFault) = (false, null);
        }
        catch (Win32Exception refused)
        {
            // The next round tries again.
            if (refused.Message != _lastFlowFault)
                LogNotForgotten(refused.Message);
            _lastFlowFault = refused.Message;
            if (_goneUdp.Count > GoneUdpMax)
                _goneUdp.Clear();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The table {Table} serves {Services} services; it took {Milliseconds:0} ms")]
    private partial void LogReplaced(string table, int services, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "nft refused a change of the table {Table}, which is replaced now: {Why}")]
    private partial void LogRefused(string table, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody has removed the table {Table}; it is made again")]
    private partial void LogGone(string table);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The container engine's filter cannot be told to let connections to services pass: {Why}")]
    private partial void LogNotAccepted(string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} UDP flows went to endpoints that are gone")]
    private partial void LogForgotten(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "UDP flows cannot be read; clients of endpoints that are gone wait until theirs expire: {Why}")]
    private partial void LogNotForgotten(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service {Service} cannot be served")]
    private partial void LogNotServed(Exception exception, string service);
}
