using OrleansOrchestrator.Model.Resources;

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
internal sealed class ObjectInput<T>(ResourceName resource) : ObjectInput(resource)
    where T : class
{
    internal override ObjectTable CreateTable() => new ObjectTable<T>();
}

/// <summary>The present objects of an input.</summary>
internal abstract class ObjectTable
{
    public abstract void Set(ObjectKey key, object obj);

    public abstract bool Remove(ObjectKey key);
}

/// <summary>The present objects of one type, by namespace and name.</summary>
internal sealed class ObjectTable<T> : ObjectTable
    where T : class
{
    private readonly Dictionary<ObjectKey, T> _all = [];

    /// <summary>All objects, unordered.</summary>
    public IReadOnlyCollection<T> All => _all.Values;

    public T? Find(ObjectKey key) => _all.GetValueOrDefault(key);

    public override void Set(ObjectKey key, object obj) => _all[key] = (T)obj;

    public override bool Remove(ObjectKey key) => _all.Remove(key);
}

/// <summary>The kinds of objects that the built-in plugins read.</summary>
internal static class ObjectInputs
{
    /// <summary>The disruption budgets, which preemption tries not to violate.</summary>
    public static readonly ObjectInput<k8s.Models.V1PodDisruptionBudget> PodDisruptionBudgets = new(WellKnownResources.PodDisruptionBudgets);
}
