using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>What a reconciler decides on: a primary object and what belongs to it, at one moment.</summary>
/// <remarks>The objects are shared with the caches: read only. Use <see cref="Model.Codec.ObjectCodec.Clone"/> to change one.</remarks>
public sealed class Observation
{
    private readonly IReadOnlyDictionary<ResourceName, IReadOnlyList<KubeObject>> _dependents;

    /// <summary>Puts an observation together.</summary>
    /// <param name="primaryKey">The primary object's key.</param>
    /// <param name="primary">The primary object; null if there is none with that key.</param>
    /// <param name="dependents">What belongs to it, by resource, in key order.</param>
    /// <param name="now">The moment.</param>
    public Observation(
        ObjectKey primaryKey,
        KubeObject? primary,
        IReadOnlyDictionary<ResourceName, IReadOnlyList<KubeObject>> dependents,
        DateTimeOffset now)
    {
        PrimaryKey = primaryKey;
        Primary = primary;
        _dependents = dependents;
        Now = now;
    }

    /// <summary>The key of the object to reconcile.</summary>
    public ObjectKey PrimaryKey { get; }

    /// <summary>
    /// The object to reconcile; null if it is gone or was never there. A change of a dependent found by name
    /// (<see cref="SameName"/>, <see cref="Named"/>) reaches the reconciler in that case too.
    /// </summary>
    public KubeObject? Primary { get; }

    /// <summary>The moment of the decision.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Resources of which the primary has any dependents.</summary>
    public IEnumerable<ResourceName> DependentResources => _dependents.Keys;

    /// <summary>The dependents of a resource; empty if there are none.</summary>
    public IEnumerable<T> Dependents<T>(ResourceName resource)
        where T : class, KubeObject =>
        _dependents.TryGetValue(resource, out var objects) ? objects.Cast<T>() : [];

    /// <summary>The dependents of a resource, of any type.</summary>
    public IReadOnlyList<KubeObject> Dependents(ResourceName resource) =>
        _dependents.TryGetValue(resource, out var objects) ? objects : [];
}
