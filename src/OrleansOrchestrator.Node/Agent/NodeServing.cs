using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Metrics;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Node.Server.Streams;
using OrleansOrchestrator.Node.Server.Streams.PortForwarding;
using OrleansOrchestrator.Node.Server.Tunnels;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>How the control plane and peers reach the node: its server, and tunnels to gateways that cannot connect to it.</summary>
internal sealed class NodeServing : IAsyncDisposable
{
    private readonly AgentServices _agent;
    private readonly UsageMeter _usage;
    private readonly NodeServer _server;
    private readonly TunnelConnections? _tunnels;

    private NodeServing(AgentServices agent, UsageMeter usage, NodeServer server, TunnelConnections? tunnels) =>
        (_agent, _usage, _server, _tunnels) = (agent, usage, server, tunnels);

    /// <summary>The port of the server.</summary>
    public int Port => _server.Port;

    /// <summary>Opens the server.</summary>
    /// <param name="agent">What the daemon's parts share.</param>
    /// <param name="pods">The pods that callers ask for.</param>
    /// <param name="certificates">What the server shows.</param>
    /// <param name="fencing">Answers the questions of peers.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<NodeServing> OpenAsync(
        AgentServices agent, PodDirectory pods, NodeCertificates certificates, NodeFencing fencing, CancellationToken cancellationToken)
    {
        var (options, runtime, time) = (agent.Options, agent.Runtime, agent.TimeProvider);
        var storage = new StorageMeter(
            pods.Running, pods.VolumesOf, runtime, options.DataDirectory, options.VolumeStatsAggPeriod, time, agent.Loggers.CreateLogger<StorageMeter>());
        var usage = new UsageMeter(options.Name, pods.Running, runtime, MachineUsage.Read, time, storage);
        var tunnels = options.Tunnel ? new TunnelConnections() : null;

        // Peers know the port from the node object, which cannot change while the control plane is away.
        var port = new ServerPort(agent.PathOf("server-port"));
        NodeServer? server = null;
        try
        {
            server = await NodeServer.StartAsync(
                agent.Address, options.Port != 0 ? options.Port : port.FindLast(agent.Address), certificates.For, options.ClientAuthorities ?? agent.Api.Authorities,
                new NodeEndpoints(pods, runtime),
                new UsageEndpoints(pods, usage, agent.Machine, options, runtime.Version, new DiskNames(options.DataDirectory, runtime.ImageFolder)),
                new StreamEndpoints(pods, runtime, options.StreamIdleTime, time), new PortForwardEndpoint(pods, runtime, options.StreamIdleTime, time),
                new DialEndpoint(pods, runtime, agent.Address.ToString(), time), new PeerQuestions(fencing.Views, fencing.Vote), tunnels, agent.Instruments,
                agent.Loggers, cancellationToken);
            port.Keep(server.Port);
            return new NodeServing(agent, usage, server, tunnels);
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync();
            usage.Dispose();
            throw;
        }
    }

    /// <summary>Opens tunnels once the node object exists.</summary>
    /// <param name="registered">Completes then.</param>
    public void StartTunnels(Task registered)
    {
        if (_tunnels is not null)
        {
            _agent.Loops.RunAfter(registered, new TunnelAgent(
                _agent.Api, _agent.Options.Name, _tunnels, _agent.Options.TunnelsMax, _agent.TimeProvider, _agent.Loggers.CreateLogger<TunnelAgent>()).RunAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _usage.Dispose();
    }
}
