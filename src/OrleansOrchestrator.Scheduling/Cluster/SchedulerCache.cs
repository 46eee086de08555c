using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The cluster as the scheduler sees it: nodes, the pods that count against them, and the placements it has decided but
/// not yet seen in the store. Changed in place, one row at a time, by one caller at a time.
/// </summary>
public sealed class SchedulerCache
{
    private readonly Dictionary<string, NodeProperties> _properties = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectInput, ObjectTable> _objects = [];
    private readonly PluginInputs _inputs;

    /// <summary>Creates an empty cluster.</summary>
    /// <param name="inputs">What the plugins read of it.</param>
    public SchedulerCache(PluginInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _inputs = inputs;
        foreach (var input in inputs.Objects)
            _objects.Add(input, input.CreateTable());
        Counters = new PodCounters(Pods, Nodes);
        Nodes.Grown += Counters.Resize;
    }

    /// <summary>How many nodes exist.</summary>
    public int NodeCount => Nodes.NodeCount;

    /// <summary>How many pods count against nodes, assumed ones included.</summary>
    public int PodCount => Pods.Count;

    internal Nominations Nominations { get; } = new();

    internal NodeTable Nodes { get; } = new();

    internal PodTable Pods { get; } = new();

    internal PodCounters Counters { get; }

    /// <summary>Adds a node, or takes over its new version.</summary>
    /// <returns>What changed for scheduling; none for a heartbeat.</returns>
    public ClusterEvents SetNode(V1Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var name = node.Metadata.Name;
        var properties = NodeProperties.From(node);
        var changes = _properties.TryGetValue(name, out var old) ? properties.ChangesSince(old) : ClusterEvents.NodeAdded;
        if (changes == ClusterEvents.None)
            return changes;
        _properties[name] = properties;
        Nodes.SetNode(Nodes.GetOrAdd(name), properties);
        return changes;
    }

    /// <summary>Removes a node. Pods that are assigned to it stay known, in case it comes back.</summary>
    public ClusterEvents RemoveNode(string name)
    {
        if (!_properties.Remove(name) || !Nodes.TryFind(name, out var row))
            return ClusterEvents.None;
        Nodes.ClearNode(row);
        return ClusterEvents.NodeRemoved;
    }

    /// <summary>
    /// Takes over a version of a pod. An assigned pod counts against its node until it ends; this confirms an assumed
    /// placement. A pod without a node is none of the cache's business, and leaves an assumed placement as it is.
    /// </summary>
    /// <returns>What changed for scheduling.</returns>
    public ClusterEvents SetPod(V1Pod pod) => SetPod(PodInfo.From(pod, _inputs.Pods));

    /// <summary>Takes over a version of a pod that has been read already.</summary>
    /// <returns>What changed for scheduling.</returns>
    public ClusterEvents SetPod(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var record = Pods.Find(pod.Uid);
        if (pod.IsTerminal)
            return RemovePod(pod.Uid);
        if (pod.NodeName is not { } node)
            return record is null or { IsAssumed: true } ? NoteWaiting(pod, record) : RemovePod(pod.Uid);
        Nominations.Remove(pod.Uid);
        if (record is null)
        {
            Add(pod, node);
            return ClusterEvents.AssignedPodAdded;
        }

        var wasAssumed = record.IsAssumed;
        var changes = wasAssumed ? ClusterEvents.AssignedPodAdded : ClusterEvents.None;
        if (Nodes.Record(record.Row).Name == node && CountsLike(record.Info, pod))
        {
            pod.ShareShape(record.Info.Shape);
            record.Info = pod;
            record.IsAssumed = false;
            return changes;
        }

        Remove(record);
        Add(pod, node);
        return changes | ClusterEvents.AssignedPodChanged;
    }

    /// <summary>Forgets a pod that was deleted.</summary>
    /// <param name="uid">The pod's <see cref="PodInfo.Uid"/>.</param>
    public ClusterEvents RemovePod(string uid)
    {
        // Room that was made for a pod is free again without it.
        var freed = Nominations.Remove(uid) ? ClusterEvents.AssignedPodRemoved : ClusterEvents.None;
        if (Pods.Find(uid) is not { } record)
            return freed;
        Remove(record);
        return ClusterEvents.AssignedPodRemoved;
    }

    /// <summary>Notes that room is being made for a pod, before its status says so: pods of a lower priority do not take it.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodeName">Where.</param>
    /// <param name="victims">The pods that are being evicted there.</param>
    public void Nominate(PodInfo pod, string nodeName, IEnumerable<PodInfo> victims)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(victims);
        Nominations.Nominate(pod, nodeName);
        foreach (var victim in victims)
        {
            if (Pods.Find(victim.Uid) is { } record)
                record.IsBeingPreempted = true;
        }
    }

    /// <summary>Notes that the eviction of a victim was refused.</summary>
    public void Spare(PodInfo victim)
    {
        ArgumentNullException.ThrowIfNull(victim);
        if (Pods.Find(victim.Uid) is { } record)
            record.IsBeingPreempted = false;
    }

    /// <summary>Notes that no room is made for a pod any more.</summary>
    /// <returns>What changed for scheduling: others may take it.</returns>
    public ClusterEvents EndNomination(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Nominations.Remove(pod.Uid) ? ClusterEvents.AssignedPodRemoved : ClusterEvents.None;
    }

    /// <summary>Takes over an object of a kind that plugins declare (<see cref="PluginInputs.Objects"/>).</summary>
    /// <returns>What changed for scheduling.</returns>
    public ClusterEvents SetObject(ObjectInput input, ObjectKey key, object obj)
    {
        ArgumentNullException.ThrowIfNull(input);
        _objects[input].Set(key, obj);
        return NoteChanged(input);
    }

    /// <summary>Forgets an object of a kind that plugins declare.</summary>
    /// <returns>What changed for scheduling.</returns>
    public ClusterEvents RemoveObject(ObjectInput input, ObjectKey key)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _objects[input].Remove(key) ? NoteChanged(input) : ClusterEvents.None;
    }

    internal ObjectTable<T> ObjectsOf<T>(ObjectInput<T> input)
        where T : class => (ObjectTable<T>)_objects[input];

    /// <summary>Counts a pod against the node it was placed on, before the store has confirmed it.</summary>
    /// <returns>False if the pod counts already.</returns>
    public bool Assume(PodInfo pod, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not null)
            return false;
        Nominations.Remove(pod.Uid);
        Add(pod, nodeName).IsAssumed = true;
        return true;
    }

    /// <summary>Takes back an assumed placement that the store refused; a confirmed one stays.</summary>
    /// <returns>What changed for scheduling: the room is free again.</returns>
    public ClusterEvents Forget(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not { IsAssumed: true })
            return ClusterEvents.None;
        var freed = RemovePod(pod.Uid);
        Nominations.Note(pod);
        return freed;
    }

    /// <summary>Whether a pod counts against a node, and only by the scheduler's own word.</summary>
    public bool IsAssumed(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Pods.Find(pod.Uid) is { IsAssumed: true };
    }

    /// <summary>Takes over the labels of a namespace, which the namespace selectors of affinity terms read.</summary>
    public ClusterEvents SetNamespace(V1Namespace value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var labels = LabelSet.From(value.Metadata.Labels);
        var name = value.Metadata.Name;
        if (Pods.NamespaceLabels.TryGetValue(name, out var old) && labels == old)
            return ClusterEvents.None;
        Pods.SetNamespaceLabels(name, labels);
        Counters.DropNamespaceReaders();
        return ClusterEvents.NamespaceChanged;
    }

    /// <summary>Forgets a namespace that was deleted.</summary>
    public void RemoveNamespace(string name)
    {
        Pods.SetNamespaceLabels(name, null);
        Counters.DropNamespaceReaders();
    }

    internal AssignedPod Add(PodInfo pod, string nodeName)
    {
        var record = Pods.Add(pod, Nodes.GetOrAdd(nodeName));
        Nodes.AddPod(record);
        Counters.Note(record, 1);
        return record;
    }

    internal void Remove(AssignedPod record)
    {
        Counters.Note(record, -1);
        Pods.Remove(record);
        Nodes.RemovePod(record);
        Nodes.ReleaseIfUnused(record.Row);
    }

    private ClusterEvents NoteWaiting(PodInfo pod, AssignedPod? assumed) =>
        assumed is null && Nominations.Note(pod) ? ClusterEvents.AssignedPodRemoved : ClusterEvents.None;

    private ClusterEvents NoteChanged(ObjectInput input)
    {
        if (_inputs.Kept.Contains(input))
            Nodes.StartOver();
        return input.Changed;
    }

    private static bool CountsLike(PodInfo old, PodInfo pod) =>
        old.IsTerminating == pod.IsTerminating
        && old.SpreadOwnerUid == pod.SpreadOwnerUid
        && old.Priority == pod.Priority
        && old.Shape.Equals(pod.Shape)
        && old.Labels == pod.Labels;
}
