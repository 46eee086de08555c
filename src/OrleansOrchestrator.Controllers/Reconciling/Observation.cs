using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>What a reconciler decides on: a primary object and its related objects, at one time.</summary>
/// <remarks>The caches share the objects: read only. Use <see cref="Model.Codec.ObjectCodec.Clone"/> to change one.</remarks>
public sealed class Observation
{
    private readonly IReadOnlyDictionary<Relation, IReadOnlyList<RelatedObject>> _related;

    /// <summary>Makes an observation.</summary>
    /// <param name="primaryKey">The primary object's key.</param>
    /// <param name="primary">The primary object; null if there is none with that key.</param>
    /// <param name="related">The related objects, by relation.</param>
    /// <param name="now">The current time.</param>
    public Observation(
        ObjectKey primaryKey, KubeObject? primary, IReadOnlyDictionary<Relation, IReadOnlyList<RelatedObject>> related, DateTimeOffset now)
    {
        PrimaryKey = primaryKey;
        Primary = primary;
        _related = related;
        Now = now;
    }

    /// <summary>The key of the object to reconcile.</summary>
    public ObjectKey PrimaryKey { get; }

    /// <summary>
    /// The object to reconcile; null if it is gone or never existed. A related object can cause such a reconciliation
    /// (<see cref="Relation.OutlivesPrimary"/>).
    /// </summary>
    public KubeObject? Primary { get; }

    /// <summary>The time of the decision.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>How many objects it tells of. What follows from a decision, as a status, grows in cost with them.</summary>
    public int Count => _related.Values.Sum(objects => objects.Count) + (Summary?.Count ?? 0);

    /// <summary>The summary of the last plan, of an observation of parts; null if all related objects are observed.</summary>
    public PlanSummary? Summary { get; init; }

    /// <summary>The parts that are observed; all if there is no summary.</summary>
    public IReadOnlySet<string> Parts { get; init; } = new HashSet<string>();

    /// <summary>What the reconciler's last plan for this key wanted to be remembered; empty if there is nothing.</summary>
    public string Memory { get; init; } = "";

    /// <summary>The answers to the queries of the relations.</summary>
    public IReadOnlyDictionary<MetricQuery, MetricAnswer> Metrics { get; init; } = new Dictionary<MetricQuery, MetricAnswer>();

    /// <summary>The answer to a query of the relations.</summary>
    public MetricAnswer Metric(MetricQuery query) => Metrics.GetValueOrDefault(query) ?? MetricAnswer.Failed("it was not asked for");

    /// <summary>Observes a primary object through a reconciler's relations.</summary>
    /// <param name="reconciler">The reconciler.</param>
    /// <param name="key">The primary's key.</param>
    /// <param name="primary">The primary; null if there is none.</param>
    /// <param name="view">The objects.</param>
    /// <param name="now">The current time.</param>
    /// <param name="metrics">The answers to the relations' queries; null for none.</param>
    /// <param name="memory">The memory of the last plan.</param>
    /// <param name="prior">What an observation by part begins with; null to observe everything.</param>
    public static Observation Take(
        IReconciler reconciler,
        ObjectKey key,
        KubeObject? primary,
        IObjectView view,
        DateTimeOffset now,
        IReadOnlyDictionary<MetricQuery, MetricAnswer>? metrics = null,
        string memory = "",
        PriorLook? prior = null)
    {
        var parts = new HashSet<string>(prior is null ? [] : prior.Changed.Concat(prior.Summary.OpenParts(now)), StringComparer.Ordinal);
        var related = new Dictionary<Relation, IReadOnlyList<RelatedObject>>();
        foreach (var relation in reconciler.Relations)
            related[relation] = [.. prior is null ? relation.Observe(key, primary, view) : relation.ObserveParts(key, primary, parts, view)];
        return new Observation(key, primary, related, now)
        {
            Metrics = metrics ?? new Dictionary<MetricQuery, MetricAnswer>(),
            Memory = memory,
            Summary = prior?.Summary,
            Parts = parts,
        };
    }

    /// <summary>The objects of a relation, with their resources.</summary>
    public IReadOnlyList<RelatedObject> Related(Relation relation) => _related.TryGetValue(relation, out var objects) ? objects : [];

    /// <summary>The related objects of a relation to one resource.</summary>
    public IEnumerable<T> Of<T>(Relation relation)
        where T : class, KubeObject => Related(relation).Select(related => (T)related.Object);

    /// <summary>The objects of several relations to one resource, each once.</summary>
    public IEnumerable<T> OfAny<T>(params IEnumerable<Relation> relations)
        where T : class, KubeObject => relations.SelectMany(Of<T>).DistinctBy(obj => obj.Key);
}
