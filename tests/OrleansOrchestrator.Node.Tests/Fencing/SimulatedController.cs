using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>An activation of the node controller, which may stand still between any two of its steps.</summary>
internal sealed class SimulatedController
{
    // A call that takes longer fails, and may be carried out all the same.
    private const double CallTime = 15;

    private readonly FencingWorld _world;
    private readonly DriftingClock _clock;
    private readonly NodeLifecycleOptions _options;
    private readonly NodeSightings _sightings;
    private readonly double _leadAtStart;
    private NodeLifecycleMemory _memory = NodeLifecycleMemory.Beginning;
    private double _suspendedUntil;

    public SimulatedController(FencingWorld world, DriftingClock clock)
    {
        (_world, _clock) = (world, clock);
        _options = new NodeLifecycleOptions { Times = world.Times, ViewRemovalTime = TimeSpan.FromSeconds(15), ViewNodesMax = world.ViewNodesMax };
        _sightings = new NodeSightings(_options);
        _leadAtStart = world.ControllersLead;
        world.Every(world.Between(0, 0.5), IssueBeat);
        BeginRound(world.Between(0, 1));
    }

    public void Suspend(double seconds) => _suspendedUntil = _world.Now + seconds;

    private double? IssueBeat()
    {
        if (_world.Now >= _suspendedUntil)
        {
            var beat = _sightings.IssueBeat(_clock.Now);
            _world.After(_world.Latency(), () => _world.Beat = beat);
        }

        return double.IsPositiveInfinity(_suspendedUntil) ? null : 0.5;
    }

    /// <summary>Does the next step when its time has come and the controller does not stand still.</summary>
    private void Step(double delay, Action action) => _world.After(delay, () =>
    {
        if (double.IsPositiveInfinity(_suspendedUntil))
            return;
        if (_world.Now < _suspendedUntil)
            Step(_suspendedUntil - _world.Now + 0.001, action);
        else
            action();
    });

    /// <summary>Asks a store, unless the stores are away: the round is then over.</summary>
    private void Ask(Action action) => Step(_world.Latency(), () =>
    {
        if (_world.IsAway)
            BeginRound(1);
        else
            action();
    });

    private void BeginRound(double delay) => Step(delay, () =>
    {
        var asked = _clock.Now;
        Ask(() =>
        {
            var pods = _world.Pods.Values.ToList();
            Ask(() =>
            {
                var leases = _world.Leases.ToList();
                var nodes = _world.Nodes.Values.ToList();
                Step(0, () => Decide(asked, pods, leases, nodes));
            });
        });
    });

    private void Decide(DateTimeOffset asked, List<V1Pod> pods, List<KeyValuePair<string, (long Revision, string Report)>> leases, List<V1Node> nodes)
    {
        var now = _clock.Now;
        _sightings.Begin(asked, now, TimeSpan.FromSeconds(_world.ControllersLead - _leadAtStart));
        foreach (var (name, (revision, report)) in leases)
            _sightings.ObserveLease(name, revision.ToString(CultureInfo.InvariantCulture), () => Seen(report), now);
        var observed = nodes.ConvertAll(node => new ObservedNode(
            node,
            _sightings.LastHeartbeat(node.Metadata.Name, now),
            _world.Broken == Broken.ViewsChangeUnconfirmed ? FencingView.Of(node).LastOrDefault()?.Id : _sightings.ConfirmedView(node.Metadata.Name)));
        var plan = NodeLifecyclePlanner.Decide(new NodeLifecycleInput
        {
            Now = now,
            SeenUntil = asked,
            UnseenSince = _sightings.UnseenSince,
            Memory = _memory,
            Nodes = observed,
            PodsOn = name => [.. pods.Where(pod => pod.Spec.NodeName == name)],
            IsCounted = voter => IsCounted(voter, asked, observed),
            Options = _options,
        });
        _memory = plan.Memory;
        var slowest = 0.0;
        foreach (var action in plan.Actions)
        {
            if (action is DeleteObject)
                _world.DeletionsDecided++;
            var latency = _world.Writes.Send(() => Apply(action)) ?? CallTime;
            slowest = Math.Max(slowest, Math.Min(latency, CallTime));
        }

        BeginRound(slowest + Math.Clamp(plan.RequeueAfter?.TotalSeconds ?? 1, 0.1, 1));
    }

    private string Seen(string report) => _world.Broken == Broken.LentVotesCount ? report.Replace(" lent", "", StringComparison.Ordinal) : report;

    private bool IsCounted(string voter, DateTimeOffset asked, List<ObservedNode> observed) => _world.Broken switch
    {
        Broken.VotesAreNotAskedFor => true,
        Broken.VotesOfSilentNodesCount => _sightings.IsCounted(voter, asked)
            || observed.Exists(node => $"voter-{node.Node.Metadata.Name}" == voter && asked - node.LastHeartbeat > _options.Times.LeaseDuration),
        _ => _sightings.IsCounted(voter, asked),
    };

    private void Apply(ObjectAction action)
    {
        if (_world.IsAway)
            return;
        switch (action)
        {
            case UpdateObject { Object: V1Node node }:
                Replace(node);
                break;
            case UpdateStatus { Object: V1Node node }:
                Replace(node);
                break;
            case UpdateStatus { Object: V1Pod pod } when _world.Pods.TryGetValue(pod.Metadata.Name, out var stored) && stored.Metadata.ResourceVersion == pod.Metadata.ResourceVersion:
                pod.Metadata.ResourceVersion = _world.NextRevision();
                _world.Pods[pod.Metadata.Name] = pod;
                break;
            case DeleteObject delete when _world.Pods.TryGetValue(delete.Key.Name, out var pod)
                && (delete.ResourceVersion == pod.Metadata.ResourceVersion || _world.Broken == Broken.DeletionsTakeAnyVersion):
                _world.Delete(delete.Key.Name);
                break;
        }
    }

    private void Replace(V1Node node)
    {
        if (_world.Nodes[node.Metadata.Name].Metadata.ResourceVersion != node.Metadata.ResourceVersion)
            return;
        node.Metadata.ResourceVersion = _world.NextRevision();
        _world.Nodes[node.Metadata.Name] = node;
    }
}
