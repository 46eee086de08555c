using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Node.Server.Tunnels;

/// <summary>The end point of all tunnels, in place of the address of a listening socket.</summary>
internal sealed class TunnelEndPoint : EndPoint
{
    /// <inheritdoc/>
    public override string ToString() => "tunnels";
}

/// <summary>Accepts tunnels as connections of the node's server, which serves and authenticates them like any other.</summary>
internal sealed class TunnelConnections : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = new TunnelEndPoint();

    /// <summary>Accepts a tunnel on which the other side has begun to send.</summary>
    public void Accept(TunnelStream tunnel)
    {
        if (!_accepted.Writer.TryWrite(new Connection(tunnel)))
            tunnel.Dispose();
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is TunnelEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private sealed class Connection : DefaultConnectionContext
    {
        private readonly TunnelStream _tunnel;

        public Connection(TunnelStream tunnel)
            : base(Guid.NewGuid().ToString("N"))
        {
            _tunnel = tunnel;
            Transport = Application = new Pipes(PipeReader.Create(tunnel), PipeWriter.Create(tunnel));
        }

        public override void Abort(ConnectionAbortedException abortReason)
        {
            base.Abort(abortReason);
            _tunnel.Dispose();
        }

        public override async ValueTask DisposeAsync()
        {
            await _tunnel.DisposeAsync();
            await base.DisposeAsync();
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
