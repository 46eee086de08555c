using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Server.Tunnels;

/// <summary>
/// Keeps a tunnel open to the daemon's current silo, for gateways that call the node. A tunnel carries one connection with many
/// streams; when it is used, the next one is opened.
/// </summary>
internal sealed partial class TunnelAgent(
    ClusterConnection api, string node, TunnelConnections connections, int tunnelsMax, TimeProvider timeProvider, ILogger logger)
{
    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);
    private readonly SemaphoreSlim _free = new(tunnelsMax);

    /// <summary>Runs until it is cancelled, through outages of any length.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SupervisedLoop.RunAsync("node tunnel", OfferAsync, timeProvider, logger, cancellationToken);
        _free.Dispose();
    }

    private async Task<TimeSpan?> OfferAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        TunnelStream? tunnel = null;
        try
        {
            var (socket, moved) = await api.OpenSocketAsync($"{ResourcePath.Node(node)}/{NodeTunnel.Subresource}", cancellationToken);
            tunnel = new TunnelStream(socket);

            // A hung silo does not end its tunnels. They end when the connection moves to another server.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(moved, cancellationToken);
            if (await tunnel.HasBegunAsync().WaitAsync(either.Token))
            {
                Serve(tunnel);
                tunnel = null;
                _delay.Reset();
                return TimeSpan.Zero;
            }

            LogEnded(node);
            return _delay.Next();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception) when (exception is WebSocketException or HttpRequestException or IOException or TimeoutException)
        {
            LogFailed(node, exception.Message);
            return _delay.Next();
        }
        finally
        {
            if (tunnel is not null)
            {
                await tunnel.DisposeAsync();
                _free.Release();
            }
        }
    }

    private void Serve(TunnelStream tunnel)
    {
        _ = ReleaseAtEndAsync(tunnel);
        connections.Accept(tunnel);
    }

    private async Task ReleaseAtEndAsync(TunnelStream tunnel)
    {
        await tunnel.Ended;
        try
        {
            _free.Release();
        }
        catch (ObjectDisposedException)
        {
            // The daemon has stopped.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A tunnel of node {Node} has ended unused; the next one is opened")]
    private partial void LogEnded(string node);

    [LoggerMessage(Level = LogLevel.Information, Message = "No tunnel of node {Node} could be opened: {Reason}")]
    private partial void LogFailed(string node, string reason);
}
