using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Server;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>How long the node's pods may run without an acknowledgement: its lease, its vote and those of its peers, and the guard that
/// stops pods also without the daemon.</summary>
internal sealed class NodeFencing : IDisposable
{
    private readonly AgentServices _agent;
    private readonly NodeCertificates? _certificates;
    private LeaseAgent? _lease;
    private PeerContacts? _peers;

    /// <summary>Prepares fencing, and removes what a guard of a former daemon has left.</summary>
    /// <param name="agent">What the daemon's parts share.</param>
    /// <param name="certificates">The node's certificate as a voter; null if only nodes in its process know it.</param>
    public NodeFencing(AgentServices agent, NodeCertificates? certificates)
    {
        (_agent, _certificates) = (agent, certificates);
        var options = agent.Options;
        var uptime = UptimeClock.Of(agent.TimeProvider);
        Views = new FencingViews(options.Name, agent.IsHollow ? null : agent.PathOf("fencing-view"));
        Clock = new LeaseClock(uptime, agent.IsHollow ? null : agent.PathOf("lease-acknowledged"), () => Views.DecidesAlone);
        Vote = new NodeVote(certificates?.VoterName ?? $"local-{Guid.NewGuid():N}", options.Times, uptime, Clock.ArrivedAt);
        var process = agent.IsHollow ? null : new GuardProcess(options.DataDirectory, agent.TimeProvider, agent.Loggers.CreateLogger<GuardProcess>());
        process?.RemoveLeftovers();
        Guard = new PodGuard(process, agent.Engine.PlaceOf, Clock, agent.Loggers.CreateLogger<PodGuard>());
        agent.Api.Votes[Vote.Voter] = Vote;
    }

    /// <summary>Who votes on this node.</summary>
    public FencingViews Views { get; }

    /// <summary>What has been acknowledged, and until when pods may run by it.</summary>
    public LeaseClock Clock { get; }

    /// <summary>This node's own vote.</summary>
    public NodeVote Vote { get; }

    /// <summary>Stops pods in time, whatever happens to the daemon.</summary>
    public PodGuard Guard { get; }

    /// <summary>Why the node must not accept pods: its times are not those of the control plane. Null if they are.</summary>
    public string? Fault => _lease?.Fault;

    /// <summary>Begins to renew the lease, to ask the peers, and to stop pods in time.</summary>
    /// <param name="pods">The pods of the node.</param>
    /// <param name="returned">Called when a long silence of the control plane has ended.</param>
    public void Start(PodDirectory pods, Action returned)
    {
        var (options, time, loggers, times) = (_agent.Options, _agent.TimeProvider, _agent.Loggers, _agent.Options.Times);
        _lease = new LeaseAgent(
            _agent.Api, options.Name, times, options.LeaseRenewInterval, Clock, Vote, Views, view => !Clock.IsHeldByOther(view) && Guard.Feed().IsFed, returned,
            _agent.Instruments, time, loggers.CreateLogger<LeaseAgent>());
        _peers = new PeerContacts(_agent.Api.Votes, HoldAgent.AnswerTime(times), _certificates?.Voter);
        var fencing = new FencingAgent(
            options.Name, pods, Guard, _agent.Runtime, Clock, _lease.Renew, _agent.Instruments, time, loggers.CreateLogger<FencingAgent>());
        _agent.Loops.Run(_lease.RunAsync);
        _agent.Loops.Run(new HoldAgent(Views, Vote, Clock, _peers, times, time, loggers.CreateLogger<HoldAgent>()).RunAsync);
        _agent.Loops.Run(fencing.RunAsync);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _agent.Api.Votes.TryRemove(KeyValuePair.Create(Vote.Voter, Vote));
        _peers?.Dispose();
    }
}
