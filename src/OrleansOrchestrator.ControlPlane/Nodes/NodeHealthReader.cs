using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Gathers the node controller's input: nodes, heartbeats, and which pods they have.</summary>
/// <remarks>
/// Belongs to one activation and uses a monotonic clock: a machine whose time of day is set forward must not take every node for
/// silent.
/// </remarks>
internal sealed partial class NodeHealthReader(WatchCaches caches, ResourceRegistry registry, NodeLifecycleOptions options, TimeProvider time, ILogger<NodeHealthReader> logger)
{
    private const string LeaseNamespace = "kube-node-lease";
    private const string NodeNameField = "spec.nodeName";

    private readonly NodeSightings _sightings = new(options);
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _beganTicks = time.GetTimestamp();
    private readonly Dictionary<string, long> _nodeRevisions = new(StringComparer.Ordinal);
    private bool _wasBlind;

    private DateTimeOffset Now => _began + time.GetElapsedTime(_beganTicks);

    private WatchCache Leases => caches[registry[WellKnownResources.Leases]];

    private WatchCache Nodes => caches[registry[WellKnownResources.Nodes]];

    private WatchCache Pods => caches[registry[WellKnownResources.Pods]];

    /// <summary>Reads the newest state.</summary>
    /// <param name="memory">The memory of the last decision.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="Model.Errors.ApiException">The store cannot be reached; no conclusion may be drawn from that.</exception>
    public async Task<NodeLifecycleInput> ObserveAsync(NodeLifecycleMemory memory, CancellationToken cancellationToken)
    {
        var asked = Now;

        // A returning daemon renews its lease before it writes to its pods. A reader who sees those writes must see the renewal too.
        await Pods.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        var podsSeen = Pods.Revision;
        await Leases.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        await Nodes.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        var now = Now;
        var isBlind = _sightings.Begin(asked, now, time.GetUtcNow() - now);
        if (isBlind && !_wasBlind)
            LogBlind();
        _wasBlind = isBlind;

        var leases = Leases.Select(ObjectFilter.InNamespace(LeaseNamespace)).Objects;
        foreach (var lease in leases)
            _sightings.ObserveLease(lease.Key.Name, lease.Revision.ToString(CultureInfo.InvariantCulture), () => ReportOf(lease), now);
        var nodes = Nodes.Select(ObjectFilter.All).Objects;
        foreach (var node in nodes)
            ObserveStatus(node, now);
        var missing = _sightings.ObserveMissing(NamesWithoutNode(nodes), now);
        ForgetGone(nodes, [.. leases.Select(lease => lease.Key.Name), .. missing.Select(name => name.Name)]);

        return new NodeLifecycleInput
        {
            Now = now,
            SeenUntil = asked,
            UnseenSince = _sightings.UnseenSince,
            Memory = memory,
            Nodes = [.. nodes.Select(node => new ObservedNode(node.SharedModel<V1Node>(), _sightings.LastHeartbeat(node.Key.Name, now), _sightings.ConfirmedView(node.Key.Name)))],
            MissingNodes = missing,
            PodsOn = name => PodsOn(name, podsSeen),
            IsCounted = voter => _sightings.IsCounted(voter, asked),
            Options = options,
        };
    }

    /// <summary>Issues a beat.</summary>
    public string IssueBeat() => _sightings.IssueBeat(Now);

    private void ObserveStatus(StoredObject node, DateTimeOffset now)
    {
        var name = node.Key.Name;
        if (_nodeRevisions.GetValueOrDefault(name) == node.Revision)
            return;
        _nodeRevisions[name] = node.Revision;
        var ready = node.SharedModel<V1Node>().Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
        if (ready?.LastHeartbeatTime is { } heartbeat)
            _sightings.ObserveStatus(name, heartbeat.ToString("O", CultureInfo.InvariantCulture), now);
    }

    private static string? ReportOf(StoredObject lease) =>
        lease.SharedModel<V1Lease>().Metadata.Annotations?.TryGetValue(VoteReport.Annotation, out var report) is true ? report : null;

    private void ForgetGone(List<StoredObject> nodes, HashSet<string> present)
    {
        present.UnionWith(nodes.Select(node => node.Key.Name));
        foreach (var gone in _nodeRevisions.Keys.Where(name => !present.Contains(name)).ToList())
            _nodeRevisions.Remove(gone);
        _sightings.Retain(present);
    }

    private IReadOnlyList<V1Pod> PodsOn(string node, long seen)
    {
        var onNode = ObjectFilter.All with { Fields = FieldSelector.Equal(NodeNameField, node) };
        return [.. Pods.Select(onNode).Objects.Where(pod => pod.Revision <= seen).Select(pod => pod.SharedModel<V1Pod>())];
    }

    private IEnumerable<string> NamesWithoutNode(List<StoredObject> nodes)
    {
        var names = Pods.IndexedValues(NodeNameField).Where(name => name.Length > 0).ToHashSet(StringComparer.Ordinal);
        names.ExceptWith(nodes.Select(node => node.Key.Name));
        return names;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nodes could not be watched for a while: all of them get their full time to report again")]
    private partial void LogBlind();
}
