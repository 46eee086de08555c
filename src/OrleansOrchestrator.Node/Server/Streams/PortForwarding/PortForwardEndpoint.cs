using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server.Streams.PortForwarding;

/// <summary>Serves <c>/portForward/{namespace}/{pod}</c> as the kubelet: over SPDY within a WebSocket, or over the WebSocket's
/// channels.</summary>
/// <param name="pods">The pods of this node.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="idle">How long all connections of a caller may be idle.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PortForwardEndpoint(PodDirectory pods, IContainerRuntime runtime, TimeSpan idle, TimeProvider timeProvider)
{
    // Two channels each, of which the number is a byte.
    private const int PortsMax = 128;

    private static readonly string[] SpdyProtocols = [SpdyTunnel.Prefix + SpdyTunnel.PortForward, SpdyTunnel.Unnamed];

    /// <summary>Forwards ports until the caller ends.</summary>
    public async Task ForwardAsync(HttpContext context, string ns, string pod)
    {
        var asked = context.WebSockets.WebSocketRequestedProtocols;
        var protocol = asked.Count == 0 ? "" : asked.FirstOrDefault(name => SpdyProtocols.Contains(name) || SocketPortForward.Protocols.Contains(name));
        var isSpdy = protocol is not null && SpdyTunnel.IsOne(protocol);
        var (ports, fault) = isSpdy ? ([], null) : PortsOf(context.Request.Query);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, "a WebSocket is required");
        }
        else if (protocol is null)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, "none of the client's protocols is spoken here");
        }
        else if (fault is not null)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, fault);
        }
        else if (pods.Find(ns, pod) is not { } worker)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status404NotFound, "pod does not exist");
        }
        else
        {
            using var timer = new IdleTimer(idle, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, context.RequestAborted);
            var forwarder = new PortForwarder(runtime, $"{pod}_{ns}", worker.Uid, timer, timeProvider);
            var socket = await StreamEndpoints.AcceptAsync(context, protocol);
            if (isSpdy)
            {
                await new SpdyPortForward(forwarder, timeProvider).RunAsync(socket, either.Token);
                return;
            }

            using var channels = new ChannelSocket(socket, ChannelProtocol.Choose([protocol])!, timeProvider);
            await new SocketPortForward(forwarder, channels).RunAsync(ports, either.Token);
        }
    }

    private static (IReadOnlyList<ushort> Ports, string? Fault) PortsOf(IQueryCollection query)
    {
        var ports = new List<ushort>();
        var texts = query["ports"].Concat(query["port"]).SelectMany(text => (text ?? "").Split(',')).ToList();
        foreach (var text in texts)
        {
            if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                return ([], $"unable to parse \"{text}\" as a port");
            if (port == 0)
                return ([], $"port \"{text}\" must be > 0");
            ports.Add(port);
        }

        return ports.Count switch
        {
            0 => ([], "query parameter \"port\" is required"),
            > PortsMax => ([], $"more than {PortsMax} ports"),
            _ => (ports, null),
        };
    }
}
