using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <inheritdoc cref="INodeLifecycleGrain"/>
/// <remarks>
/// Reads, decides and acts in rounds. It times heartbeats by this activation's own clock, from its first look: after a failover every
/// node has its full time again, so that a moved grain can be late but never early.
/// </remarks>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed partial class NodeLifecycleGrain(
    NodeHealthReader reader, NodeDisruptions disruptions, PlanApplier applier, EventRecorder events, WatchCaches caches, ResourceRegistry registry,
    TimeProvider time, ILogger<NodeLifecycleGrain> logger) : LoopingGrain, INodeLifecycleGrain
{
    internal const string Key = "cluster";

    internal const string Component = "node-controller";

    private static readonly ControllerIdentity Identity = ControllerIdentity.Of(Component, ControllerUsers.ServiceAccount(Component));
    // Longer than the longest back-off, so that an object that keeps failing keeps its back-off.
    private static readonly TimeSpan FailuresRememberedFor = TimeSpan.FromMinutes(10);
    // Bounds the load of rounds that follow each other.
    private static readonly TimeSpan RoundMin = TimeSpan.FromMilliseconds(100);
    // A silent node is noticed at most this late.
    private static readonly TimeSpan RoundMax = TimeSpan.FromSeconds(1);

    // Objects whose writes are refused because of their content. They take no share of a round's writes until their back-off of 1 s to
    // 1 min is over.
    private readonly KeyedBackoff<(ResourceName Resource, ObjectKey Key)> _refused = new(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
    private NodeLifecycleMemory _memory = NodeLifecycleMemory.Beginning;
    private IReadOnlyList<WithheldEviction> _withheld = [];

    public Task<string> BeatAsync() => Task.FromResult(reader.IssueBeat());

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await base.OnDeactivateAsync(reason, cancellationToken);
        NodeLifecycleInstruments.Hide();
    }

    protected override IEnumerable<Task> StartLoops() => [SupervisedLoop.RunAsync("node lifecycle", RunRoundAsync, time, logger, Stopping)];

    private async Task<TimeSpan?> RunRoundAsync(CancellationToken cancellationToken)
    {
        var input = await reader.ObserveAsync(_memory, cancellationToken);
        var plan = NodeLifecyclePlanner.Decide(input with { IsSetAside = (resource, key) => _refused.IsWaiting((resource, key), time.GetUtcNow()) });
        _memory = plan.Memory;
        disruptions.Observe(plan);
        ReportWithheld(plan.Withheld);
        if (plan.Actions.Count > 0)
        {
            var outcome = await applier.ApplyAsync(Identity, new ObjectReference(registry[WellKnownResources.Nodes], default), new Plan { Actions = plan.Actions });
            var refused = outcome.Refused.ToDictionary(one => (one.Action.Resource, one.Action.Key), one => one.Why);
            NoteRefused(plan, refused);
            Record(plan, refused);
            NodeLifecycleInstruments.Deleted(plan.Actions.Count(action => action is DeleteObject && !refused.ContainsKey((action.Resource, action.Key))));
        }

        var wait = plan.RequeueAfter ?? RoundMax;
        return wait < RoundMin ? RoundMin : wait > RoundMax ? RoundMax : wait;
    }

    private void NoteRefused(NodeLifecyclePlan plan, Dictionary<(ResourceName Resource, ObjectKey Key), ApiException> refused)
    {
        var now = time.GetUtcNow();
        foreach (var id in plan.Actions.Select(action => (action.Resource, action.Key)))
        {
            if (refused.TryGetValue(id, out var why) && ObjectFaults.IsOfTheObject(why))
                _refused.Fail(id, now);
            else
                _refused.Succeed(id);
        }

        _refused.Forget(now, FailuresRememberedFor);
    }

    private void Record(NodeLifecyclePlan plan, Dictionary<(ResourceName Resource, ObjectKey Key), ApiException> refused)
    {
        foreach (var planned in plan.Events)
        {
            var key = new ObjectKey(planned.Regarding.Metadata.NamespaceProperty ?? "", planned.Regarding.Metadata.Name);
            if (!refused.ContainsKey((planned.Resource, key)) && caches[registry[planned.Resource]].Find(key) is { } obj)
                events.Record(obj, Component, planned.Event.Type, planned.Event.Reason, planned.Event.Message);
        }
    }

    private void ReportWithheld(IReadOnlyList<WithheldEviction> withheld)
    {
        foreach (var (name, cause) in withheld.Except(_withheld))
        {
            // What keeps the pods of many nodes is logged once for all of them.
            if (cause == WithholdingReason.FencingTimes)
                LogOtherwiseFenced(name);
            else if (cause == WithholdingReason.Votes)
                LogWaitingForVotes(name);
            var (reason, why) = cause switch
            {
                WithholdingReason.FencingTimes => ("FencingTimesDiffer", "The node's daemon stops its pods by other times than the control plane's, so that it is not known whether it runs them"),
                WithholdingReason.Disruption => (NodeDisruptions.Paused, "So many nodes are lost at once that the fault may be the control plane's own, so that the node's pods are not replaced"),
                _ => ("EvictionWaitsForVotes", "Too few of the node's peers are heard of to know that it does not run its pods"),
            };
            if (caches[registry[WellKnownResources.Nodes]].Find(new ObjectKey("", name)) is { } node)
                events.Record(node, Component, "Warning", reason, $"{why}; delete the Node if its machine is gone");
        }

        _withheld = withheld;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is silent, and too few votes of its peers prove that its pods have stopped: they are not replaced")]
    private partial void LogWaitingForVotes(string node);

    [LoggerMessage(Level = LogLevel.Error, Message = "Node {Node} is silent, and its daemon uses other fencing times than the control plane: its pods are not replaced")]
    private partial void LogOtherwiseFenced(string node);
}
