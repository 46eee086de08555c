using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// How objects of other resources relate to a reconciler's primary objects, in both directions: which primaries a change of another
/// object concerns, and which other objects an observation of a primary holds. The control plane and the tests use only this class,
/// so that a new relation is one new class.
/// </summary>
/// <remarks>
/// The two directions agree: a change concerns a primary exactly if it changes the observation of that primary. A relation has no
/// state. A reconciler creates each of its relations once, and looks up the observed objects by it.
/// </remarks>
public abstract class Relation
{
    /// <summary>The resources to watch; empty if the reconciler must requeue by itself.</summary>
    public abstract IReadOnlyList<ResourceName> Watched { get; }

    /// <summary>
    /// Whether the primaries tell which of the resources are to be watched (<see cref="WatchedFor"/>). A resource that none of them
    /// needs is not followed.
    /// </summary>
    public virtual bool IsWatchedOnDemand => false;

    /// <summary>The resources to watch for a primary.</summary>
    public virtual IEnumerable<ResourceName> WatchedFor(KubeObject primary) => Watched;

    /// <summary>Whether a primary that does not exist may have related objects, and is reconciled because of them.</summary>
    public virtual bool OutlivesPrimary => false;

    /// <summary>Finds the primaries that a change concerns.</summary>
    /// <param name="change">A change of an object of a watched resource.</param>
    /// <param name="view">The objects after the change.</param>
    /// <param name="concerned">Receives the primaries.</param>
    public abstract void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned);

    /// <summary>The objects that an observation of a primary holds, by resource and in key order.</summary>
    /// <param name="key">The primary's key.</param>
    /// <param name="primary">The primary; null if there is none of that key.</param>
    /// <param name="view">The objects.</param>
    public abstract IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view);

    /// <summary>
    /// The parts of its primaries that a change concerns, for reconcilers that decide by part;
    /// null if it concerns them as a whole.
    /// </summary>
    public virtual IEnumerable<string>? PartsOf(ObjectChange change) => null;

    /// <summary>The objects that an observation of some parts of a primary holds; all of them unless the objects fall into parts.</summary>
    /// <param name="key">The primary's key.</param>
    /// <param name="primary">The primary; null if there is none of that key.</param>
    /// <param name="parts">The names of the parts.</param>
    /// <param name="view">The objects.</param>
    public virtual IEnumerable<RelatedObject> ObserveParts(ObjectKey key, KubeObject? primary, IReadOnlySet<string> parts, IObjectView view) =>
        Observe(key, primary, view);

    /// <summary>
    /// The resources to read anew before the primary is observed, where a plan depends on the newest state or on the absence of an
    /// object.
    /// </summary>
    public virtual IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) => [];

    /// <summary>The metrics to ask for before the primary is observed.</summary>
    public virtual IEnumerable<MetricQuery> Queries(KubeObject? primary, IObjectView view) => [];

    /// <summary>
    /// The selector under which the selector index holds a primary, for relations that find primaries by
    /// <see cref="ConcernedPrimaries.AddSelecting"/>; null for other relations.
    /// </summary>
    public virtual LabelSelector? SelectorOf(KubeObject primary) => null;
}

/// <summary>An object in an observation.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Object">The object, shared: read only.</param>
public readonly record struct RelatedObject(ResourceName Resource, KubeObject Object);
