using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// Objects that plugins read beside nodes, pods and namespaces. A plugin declares the input; the host follows the resource and passes
/// every change to <see cref="Cluster.SchedulerCache.SetObject"/>.
/// </summary>
public abstract class ObjectInput
{
    // The bits of ClusterEvents that the events of nodes and pods leave free.
    private const int FirstBit = 9;
    private const int BitsMax = 31;

    private static int s_count;

    private protected ObjectInput(ResourceName resource)
    {
        Resource = resource;
        var bit = FirstBit + Interlocked.Increment(ref s_count) - 1;
        if (bit >= BitsMax)
            throw new InvalidOperationException($"There can be {BitsMax - FirstBit} kinds of objects that plugins read.");
        Changed = (ClusterEvents)(1 << bit);
    }

    /// <summary>The objects' resource.</summary>
    public ResourceName Resource { get; }

    /// <summary>The event of a changed object. A plugin whose verdict depends on these objects includes it in <c>WakesOn</c>.</summary>
    public ClusterEvents Changed { get; }

    internal abstract ObjectTable CreateTable();
}

/// <summary>Objects of one type that plugins read.</summary>
/// <param name="resource">Their resource.</param>
/// <param name="groupOf">The group in which plugins look for an object; null if they find it by its name alone.</param>
internal class ObjectInput<T>(ResourceName resource, Func<T, string?>? groupOf = null) : ObjectInput(resource)
    where T : class
{
    internal override ObjectTable CreateTable() => new ObjectTable<T>(groupOf ?? (static _ => null));
}

/// <summary>Volumes, which claims look for.</summary>
internal sealed class VolumeInput() : ObjectInput<V1PersistentVolume>(WellKnownResources.PersistentVolumes)
{
    internal override ObjectTable CreateTable() => new VolumeTable();
}

/// <summary>The present objects of an input.</summary>
internal abstract class ObjectTable
{
    /// <summary>The version of an object that is known; null if it is not there.</summary>
    public abstract object? FindObject(ObjectKey key);

    /// <summary>Takes over a version of an object.</summary>
    /// <returns>False if it is not newer than the present one.</returns>
    public abstract bool TrySet(ObjectKey key, object obj, out object? old);

    public abstract bool TryRemove(ObjectKey key, [NotNullWhen(true)] out object? old);
}

/// <summary>The present objects of one type, by namespace and name, and by group.</summary>
internal class ObjectTable<T>(Func<T, string?> groupOf) : ObjectTable
    where T : class
{
    private readonly Dictionary<ObjectKey, T> _all = [];
    private readonly Dictionary<string, Dictionary<ObjectKey, T>> _groups = new(StringComparer.Ordinal);

    /// <summary>All objects, unordered.</summary>
    public IReadOnlyCollection<T> All => _all.Values;

    /// <summary>Whether some object is in a group.</summary>
    public bool HasGroups => _groups.Count > 0;

    public T? Find(ObjectKey key) => _all.GetValueOrDefault(key);

    public override object? FindObject(ObjectKey key) => Find(key);

    /// <summary>The objects of a group, unordered.</summary>
    public IReadOnlyCollection<T> OfGroup(string group) => _groups.TryGetValue(group, out var members) ? members.Values : [];

    public override bool TrySet(ObjectKey key, object obj, out object? old)
    {
        var before = Find(key);
        old = before;
        if (before is not null && RevisionOf(obj) is { } revision && RevisionOf(before) >= revision)
            return false;
        var now = (T)obj;
        Ungroup(key, before);
        if (groupOf(now) is { } group)
            (_groups.TryGetValue(group, out var members) ? members : _groups[group] = [])[key] = now;
        _all[key] = now;
        Note(before, now);
        return true;
    }

    public override bool TryRemove(ObjectKey key, [NotNullWhen(true)] out object? old)
    {
        var isRemoved = _all.Remove(key, out var removed);
        Ungroup(key, removed);
        Note(removed, null);
        old = removed;
        return isRemoved;
    }

    /// <summary>Keeps an index up to date.</summary>
    protected virtual void Note(T? before, T? now)
    {
    }

    private void Ungroup(ObjectKey key, T? obj)
    {
        if (obj is not null && groupOf(obj) is { } group && _groups.TryGetValue(group, out var members) && members.Remove(key) && members.Count == 0)
            _groups.Remove(group);
    }

    private static long? RevisionOf(object obj) =>
        obj is k8s.IKubernetesObject<V1ObjectMeta> { Metadata.ResourceVersion: { } version } && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : null;
}

/// <summary>The kinds of objects that the built-in plugins read.</summary>
internal static class ObjectInputs
{
    /// <summary>The disruption budgets, which preemption tries not to violate.</summary>
    public static readonly ObjectInput<V1PodDisruptionBudget> PodDisruptionBudgets = new(WellKnownResources.PodDisruptionBudgets);

    /// <summary>The claims of pods.</summary>
    public static readonly ObjectInput<V1PersistentVolumeClaim> PersistentVolumeClaims = new(WellKnownResources.PersistentVolumeClaims);

    /// <summary>The volumes that claims are bound to, or may get.</summary>
    public static readonly ObjectInput<V1PersistentVolume> PersistentVolumes = new VolumeInput();

    /// <summary>The classes of claims.</summary>
    public static readonly ObjectInput<V1StorageClass> StorageClasses = new(WellKnownResources.StorageClasses);

    /// <summary>The services, grouped by a label that they want.</summary>
    public static readonly ObjectInput<V1Service> Services = new(WellKnownResources.Services, ServiceSelection.GroupOf);
}
