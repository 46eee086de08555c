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

    internal VolumeReservations VolumeReservations { get; } = new();

    internal NodeTable Nodes { get; } = new();

    internal PodTable Pods { get; } = new();

    internal PodCounters Counters { get; }

    /// <summary>Adds a node, or takes over its new version.</summary>
    /// <returns>The changes that may help a pod; none for a heartbeat or for other images.</returns>
    public IReadOnlyList<ClusterEvent> SetNode(V1Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var name = node.Metadata.Name;
        var properties = NodeProperties.From(node);
        var changes = _properties.TryGetValue(name, out var old) ? properties.ChangesSince(old) : ClusterEvents.NodeAdded;
        var row = Nodes.GetOrAdd(name);
        Nodes.Images.Set(row, Nodes.Record(row), node.Status?.Images);
        if (changes == ClusterEvents.None)
            return [];
        _properties[name] = properties;
        Nodes.SetNode(row, properties);
        return [ClusterEvent.OfNode(changes, name, old, properties)];
    }

    /// <summary>Removes a node. Pods assigned to it stay known, in case it comes back.</summary>
    public IReadOnlyList<ClusterEvent> RemoveNode(string name)
    {
        if (!_properties.Remove(name, out var old) || !Nodes.TryFind(name, out var row))
            return [];
        Nodes.ClearNode(row);
        return [ClusterEvent.OfNode(ClusterEvents.NodeRemoved, name, old, null)];
    }

    /// <summary>
    /// Adds a pod or a new version of it. An assigned pod counts against its node until it ends, and confirms an assumed placement. A
    /// pod without a node is ignored, and leaves an assumed placement unchanged.
    /// </summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> SetPod(V1Pod pod) => SetPod(PodInfo.From(pod, _inputs.Pods));

    /// <summary>Adds a parsed pod or a new version of it.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> SetPod(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var record = Pods.Find(pod.Uid);
        if (pod.IsTerminal)
            return RemovePod(pod.Uid);
        if (pod.NodeName is not { } node)
            return record is null or { IsAssumed: true } ? Freed(Nominations.Note(pod)) : RemovePod(pod.Uid);
        // What was kept for it elsewhere is free.
        var freed = Nominations.Remove(pod.Uid) is { } nomination && nomination.NodeName != node ? Freed(nomination) : [];
        if (record is null)
        {
            Add(pod, node);
            return [.. freed, ClusterEvent.OfPod(null, pod, node)];
        }

        var (old, oldNode) = (record.Info, Nodes.Record(record.Row).Name);
        var wasAssumed = record.IsAssumed;
        if (oldNode == node && CountsLike(old, pod))
        {
            pod.ShareShape(old.Shape);
            record.Info = pod;
            record.IsAssumed = false;
            return wasAssumed ? [.. freed, ClusterEvent.OfPod(null, pod, node)] : freed;
        }

        Remove(record);
        Add(pod, node);
        if (oldNode == node && !wasAssumed)
            return [.. freed, ClusterEvent.OfPod(old, pod, node)];
        return [.. freed, ClusterEvent.OfPod(old, null, oldNode), ClusterEvent.OfPod(null, pod, node)];
    }

    /// <summary>Removes a deleted pod.</summary>
    /// <param name="uid">The pod's <see cref="PodInfo.Uid"/>.</param>
    public IReadOnlyList<ClusterEvent> RemovePod(string uid)
    {
        // The room reserved by its nomination is free again.
        var freed = Freed(Nominations.Remove(uid));
        if (Pods.Find(uid) is not { } record)
            return freed;
        var nodeName = Nodes.Record(record.Row).Name;
        Remove(record);
        return [.. freed, ClusterEvent.OfPod(record.Info, null, nodeName)];
    }

    /// <summary>Nominates a pod before its status says so: pods of lower priority do not take its room.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodeName">The nominated node.</param>
    /// <param name="victims">The pods to be evicted there.</param>
    /// <returns>The changes that matter to scheduling: room that was kept for it elsewhere is free.</returns>
    public IReadOnlyList<ClusterEvent> Nominate(PodInfo pod, string nodeName, IEnumerable<PodInfo> victims)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(victims);
        foreach (var victim in victims)
        {
            if (Pods.Find(victim.Uid) is { } record)
                record.IsBeingPreempted = true;
        }

        return Freed(Nominations.Nominate(pod, nodeName));
    }

    /// <summary>Records that the eviction of a victim was refused.</summary>
    /// <returns>The changes that matter to scheduling: nobody need wait for it.</returns>
    public IReadOnlyList<ClusterEvent> Spare(PodInfo victim)
    {
        ArgumentNullException.ThrowIfNull(victim);
        if (Pods.Find(victim.Uid) is not { } record)
            return [];
        record.IsBeingPreempted = false;
        return [ClusterEvent.OfPod(record.Info, record.Info, Nodes.Record(record.Row).Name)];
    }

    /// <summary>Ends a pod's nomination.</summary>
    /// <returns>The changes that matter to scheduling: other pods may take the room.</returns>
    public IReadOnlyList<ClusterEvent> EndNomination(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Freed(Nominations.Remove(pod.Uid));
    }

    /// <summary>
    /// Adds an object of a plugin's input (<see cref="PluginInputs.Objects"/>), or a new version of it, as the host hears of it. A version
    /// that is not newer than the present one changes nothing.
    /// </summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> SetObject(ObjectInput input, ObjectKey key, object obj)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _objects[input].TrySet(key, obj, out var old) ? NoteChanged(input, key, old, obj) : [];
    }

    /// <summary>
    /// Takes over what the host has written itself, before it hears of it. An object that is not there any more was deleted after the write,
    /// and stays away.
    /// </summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> NoteWritten(ObjectInput input, ObjectKey key, object obj)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _objects[input].FindObject(key) is null ? [] : SetObject(input, key, obj);
    }

    /// <summary>Removes an object of a plugin's input.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> RemoveObject(ObjectInput input, ObjectKey key)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _objects[input].TryRemove(key, out var old) ? NoteChanged(input, key, old, null) : [];
    }

    /// <summary>The volumes.</summary>
    internal VolumeTable Volumes => (VolumeTable)_objects[ObjectInputs.PersistentVolumes];

    internal ObjectTable<T> ObjectsOf<T>(ObjectInput<T> input)
        where T : class => (ObjectTable<T>)_objects[input];

    /// <summary>Counts a pod against its chosen node before the store has confirmed it.</summary>
    /// <returns>False if the pod already counts.</returns>
    public bool Assume(PodInfo pod, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not null)
            return false;
        Add(pod, nodeName).IsAssumed = true;
        return true;
    }

    /// <summary>Undoes an assumed placement that the store refused. A confirmed one stays.</summary>
    /// <returns>The changes that matter to scheduling: the room is free again.</returns>
    public IReadOnlyList<ClusterEvent> Forget(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (Pods.Find(pod.Uid) is not { IsAssumed: true } record)
            return [];
        var nodeName = Nodes.Record(record.Row).Name;
        Remove(record);
        return [ClusterEvent.OfPod(record.Info, null, nodeName)];
    }

    /// <summary>Whether a pod counts against a node by assumption only.</summary>
    public bool IsAssumed(PodInfo pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Pods.Find(pod.Uid) is { IsAssumed: true };
    }

    /// <summary>Sets the labels of a namespace, for the namespace selectors of affinity terms.</summary>
    /// <returns>The changes that matter to scheduling.</returns>
    public IReadOnlyList<ClusterEvent> SetNamespace(V1Namespace value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var labels = LabelSet.From(value.Metadata.Labels);
        var name = value.Metadata.Name;
        if (Pods.NamespaceLabels.TryGetValue(name, out var old) && labels == old)
            return [];
        Pods.SetNamespaceLabels(name, labels);
        Counters.DropNamespaceReaders();
        return [ClusterEvent.OfNamespace(name)];
    }

    /// <summary>Removes a deleted namespace.</summary>
    public void RemoveNamespace(string name)
    {
        Pods.SetNamespaceLabels(name, null);
        Counters.DropNamespaceReaders();
    }

    /// <summary>The pods for which room is kept on a node against a pod: those nominated to it of its priority or a higher one.</summary>
    internal List<PodInfo> ClaimsAgainst(PodInfo pod, string nodeName) =>
        [.. Nominations.On(nodeName).Where(other => other.Uid != pod.Uid && other.Priority >= pod.Priority && Pods.Find(other.Uid) is null)];

    /// <summary>Takes a pod off its node for a trial.</summary>
    internal AbsentPod TakeAway(AssignedPod record)
    {
        var absent = new AbsentPod(record.Info, Nodes.Record(record.Row).Name, record.IsAssumed, record.IsBeingPreempted);
        Remove(record);
        return absent;
    }

    /// <summary>Puts a pod back where a trial took it away.</summary>
    internal AssignedPod PutBack(AbsentPod absent)
    {
        var record = Add(absent.Info, absent.NodeName);
        record.IsAssumed = absent.IsAssumed;
        record.IsBeingPreempted = absent.IsBeingPreempted;
        return record;
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

    private IReadOnlyList<ClusterEvent> NoteChanged(ObjectInput input, ObjectKey key, object? old, object? obj)
    {
        if (_inputs.Kept.Contains(input))
            Nodes.StartOver();
        return [ClusterEvent.OfObject(input.Changed, key, old, obj)];
    }

    /// <summary>The end of a nomination is like that of a pod: others may have its room.</summary>
    private static IReadOnlyList<ClusterEvent> Freed(Nomination? ended) => ended is null ? [] : [ClusterEvent.OfPod(ended.Pod, null, ended.NodeName)];

    private static bool CountsLike(PodInfo old, PodInfo pod) =>
        old.IsTerminating == pod.IsTerminating
        && old.SpreadOwnerUid == pod.SpreadOwnerUid
        && old.Priority == pod.Priority
        && old.Shape.Equals(pod.Shape)
        && old.Labels == pod.Labels;
}
