using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The scheduler's view of the cluster: nodes, the pods that count against them, and assumed placements. It is changed in place, one
/// row at a time, by one caller at a time.
/// </summary>
public sealed class SchedulerCache
{
    private readonly Dictionary<string, NodeProperties> _properties = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectInput, ObjectTable> _objects = [];
    private readonly PluginInputs _inputs;

    /// <summary>Creates an empty cluster.</summary>
    /// <param name="inputs">The inputs of the plugins.</param>
    public SchedulerCache(PluginInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _inputs = inputs;
        foreach (var input in inputs.Objects)
            _objects.Add(input, input.CreateTable());
        Counters = new PodCounters(Pods, Nodes);
        Nodes.Grown += Counters.Resize;
    }

    /// <summary>The number of nodes.</summary>
    public int NodeCount => Nodes.NodeCount;

    /// <summary>The number of pods that count against nodes, assumed ones included.</summary>
    public int PodCount => Pods.Count;

    internal Nominations Nominations { get; } = new();

    internal NodeTable Nodes { get; } = new();

    internal PodTable Pods { get; } = new();

    internal PodCounters Counters { get; }

    /// <summary>Adds a node or a new version of it.</summary>
    /// <returns>The changes that matter to scheduling; none for a heartbeat.</returns>
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

    /// <summary>Removes a node. Pods assigned to it stay known, in case it comes back.</summary>
    public ClusterEvents RemoveNode(string name)
    {
        if (!_properties.Remove(name) || !Nodes.TryFind(name, out var row))
            return ClusterEvents.None;
        Nodes.ClearNode(row);
        return ClusterEvents.NodeRemoved;
    }

    /// <summary>
    /// Adds a pod or a new version of it. An assigned pod counts against its node until it ends, and confirms an assumed placement. A
    /// pod without a node is ignored, and leaves an assumed placement unchanged.
    /// </summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public ClusterEvents SetPod(V1Pod pod) => SetPod(PodInfo.From(pod, _inputs.Pods));

    /// <summary>Adds a parsed pod or a new version of it.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
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

    /// <summary>Removes a deleted pod.</summary>
    /// <param name="uid">The pod's <see cref="PodInfo.Uid"/>.</param>
    public ClusterEvents RemovePod(string uid)
    {
        // The room reserved by its nomination is free again.
        var freed = Nominations.Remove(uid) ? ClusterEvents.AssignedPodRemoved : ClusterEvents.None;
        if (Pods.Find(uid) is not { } record)
            return freed;
        Remove(record);
        return ClusterEvents.AssignedPodRemoved;
    }

    /// <summary>Nominates a pod before its status says so: pods of lower priority do not take its room.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodeName">The nominated node.</param>
    /// <param name="victims">The pods to be evicted there.</param>
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

    /// <summary>Records that the eviction of a victim was refused.</summary>
    public void Spare(PodInfo victim)
    {
        ArgumentNullException.ThrowIfNull(victim);
        if (Pods.Find(victim.Uid) is { } record)
            record.IsBeingPreempted = false;
    }

    /// <summary>Ends a pod's nomination.</summary>
    /// <returns>The changes that matter to scheduling: other pods may take the room.</returns>
    public ClusterEvents EndNomination(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Nominations.Remove(pod.Uid) ? ClusterEvents.AssignedPodRemoved : ClusterEvents.None;
    }

    /// <summary>Adds an object of a plugin's input (<see cref="PluginInputs.Objects"/>), or a new version of it.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public ClusterEvents SetObject(ObjectInput input, ObjectKey key, object obj)
    {
        ArgumentNullException.ThrowIfNull(input);
        _objects[input].Set(key, obj);
        return NoteChanged(input);
    }

    /// <summary>Removes an object of a plugin's input.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public ClusterEvents RemoveObject(ObjectInput input, ObjectKey key)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _objects[input].Remove(key) ? NoteChanged(input) : ClusterEvents.None;
    }

    internal ObjectTable<T> ObjectsOf<T>(ObjectInput<T> input)
        where T : class => (ObjectTable<T>)_objects[input];

    /// <summary>Counts a pod against its chosen node before the store has confirmed it.</summary>
    /// <returns>False if the pod already counts.</returns>
    public bool Assume(PodInfo pod, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not null)
            return false;
        Nominations.Remove(pod.Uid);
        Add(pod, nodeName).IsAssumed = true;
        return true;
    }

    /// <summary>Undoes an assumed placement that the store refused. A confirmed one stays.</summary>
    /// <returns>The changes that matter to scheduling: the room is free again.</returns>
    public ClusterEvents Forget(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not { IsAssumed: true })
            return ClusterEvents.None;
        var freed = RemovePod(pod.Uid);
        Nominations.Note(pod);
        return freed;
    }

    /// <summary>Whether a pod counts against a node by assumption only.</summary>
    public bool IsAssumed(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Pods.Find(pod.Uid) is { IsAssumed: true };
    }

    /// <summary>Sets the labels of a namespace, for the namespace selectors of affinity terms.</summary>
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

    /// <summary>Removes a deleted namespace.</summary>
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
