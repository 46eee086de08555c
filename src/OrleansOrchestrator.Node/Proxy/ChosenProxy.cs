using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy.Nftables;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Serves services in the way that suits the operator and the machine, once the range of service addresses is known.</summary>
internal sealed partial class ChosenProxy : IServiceProxy
{
    private readonly NodeAgentOptions _options;
    private readonly IPAddress _address;
    private readonly bool _runsPods;
    private readonly ServiceCatalog _services;
    private readonly Func<IServiceProxy> _makeUserSpace;
    private readonly Func<string, CancellationToken, Task<IServiceProxy>> _makeKernel;
    private readonly KernelTable _kernel;
    private readonly ILogger _logger;
    private readonly SupervisedLoop _loop;
    private volatile IServiceProxy? _chosen;

    /// <summary>Prepares the proxy.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="address">The node's address.</param>
    /// <param name="runsPods">Whether the node's pods have real addresses.</param>
    /// <param name="services">The cluster's services.</param>
    /// <param name="makeUserSpace">Makes the proxy in user space.</param>
    /// <param name="makeKernel">Makes the proxy in the kernel, for a range of service addresses.</param>
    /// <param name="time">The clock of the start.</param>
    /// <param name="loggers">Where it logs.</param>
    public ChosenProxy(
        NodeAgentOptions options, IPAddress address, bool runsPods, ServiceCatalog services, Func<IServiceProxy> makeUserSpace,
        Func<string, CancellationToken, Task<IServiceProxy>> makeKernel, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _address = address;
        _runsPods = runsPods;
        _services = services;
        _makeUserSpace = makeUserSpace;
        _makeKernel = makeKernel;
        _kernel = new KernelTable(options);
        _logger = loggers.CreateLogger<ChosenProxy>();
        _loop = new SupervisedLoop("service proxy start", ChooseAsync, time, _logger);
    }

    /// <inheritdoc/>
    public void Start() => Signal(null);

    /// <inheritdoc/>
    public void Signal(ObjectKey? service)
    {
        if (_chosen is { } chosen)
            chosen.Signal(service);
        else
            _loop.Signal();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        if (_chosen is { } chosen)
            await chosen.DisposeAsync();
    }

    /// <summary>Removes what a proxy in the kernel leaves to work on, if it can be. Call it after disposing, on a machine that stops being a node.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => RemoveIfPossibleAsync(cancellationToken);

    private async Task<TimeSpan?> ChooseAsync(CancellationToken cancellationToken)
    {
        // The pods' ranges are known with the services, also where the operator has given the services' range.
        if (_chosen is not null || !_services.IsSynced || ServiceProxyAddressing.FindRange(_options.ServiceCidr, _services) is not { } range)
            return null;
        IServiceProxy proxy;
        if (await FindObstacleAsync(range, cancellationToken) is { } obstacle)
        {
            if (_options.ProxyMode == ServiceProxyMode.Nftables)
                LogNotInKernel(obstacle);
            await RemoveIfPossibleAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            proxy = _makeUserSpace();
        }
        else
        {
            await MakeLocalAsync(range, cancellationToken);
            proxy = await _makeKernel(range, cancellationToken);
            LogInKernel();
        }

        // It looks at everything when it starts, so that no signal is lost meanwhile.
        _chosen = proxy;
        proxy.Start();
        return null;
    }

    /// <summary>Removes the kernel's table. What cannot be removed keeps nothing else from working.</summary>
    private async Task RemoveIfPossibleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _kernel.RemoveAsync(cancellationToken);
        }
        catch (Exception left) when (left is InvalidOperationException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // Its file stays, so that the next daemon tries again.
            LogLeft(left.Message);
        }
    }

    /// <summary>Why the kernel does not serve services here; null if it does.</summary>
    private async Task<string?> FindObstacleAsync(string range, CancellationToken cancellationToken)
    {
        if (_options.ProxyMode == ServiceProxyMode.UserSpace)
            return "the operator does not want it";
        if (ServiceProxyAddressing.IsLoopback(range))
            return $"the kernel forwards nothing to loopback addresses such as those of the service range {range}";
        if (_options.ProxyMode == ServiceProxyMode.Auto && !_runsPods)
            return "the node's pods do not run";
        if (_options.ProxyMode == ServiceProxyMode.Auto && IPAddress.IsLoopback(_address))
            return $"the node's address is {_address}";
        return await NftProgram.FindMissingAsync(cancellationToken);
    }

    /// <summary>
    /// Makes cluster IPs addresses of this machine: connections of its own processes then need no route to elsewhere, and what is no
    /// service ends here. They come from the node's address, so that pods on other nodes can answer.
    /// </summary>
    private async Task MakeLocalAsync(string range, CancellationToken cancellationToken)
    {
        var metric = ServiceProxyAddressing.MetricOf(_options.Index);
        if (!await ServiceProxyAddressing.TryMakeLocalAsync(range, metric, _address, cancellationToken)
            && !await ServiceProxyAddressing.TryMakeLocalAsync(range, metric, cancellationToken))
        {
            LogNotLocal(range);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel serves services (nftables)")]
    private partial void LogInKernel();

    [LoggerMessage(Level = LogLevel.Error, Message = "Services are served in user space, and not by nftables as ProxyMode says: {Why}")]
    private partial void LogNotInKernel(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The kernel's table of services cannot be removed, and may still lead connections: {Why}")]
    private partial void LogLeft(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service range {Cidr} cannot be made local to this machine; its own processes need a default route to reach services")]
    private partial void LogNotLocal(string cidr);
}
