using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// How objects of other resources belong to a reconciler's primary objects. It knows both directions: which primaries a change
/// of another object concerns, and which other objects an observation of a primary holds. Control plane and tests ask this
/// class and nothing else, so that a new relation is one new class.
/// </summary>
/// <remarks>
/// The two directions agree: a change concerns a primary exactly if the observation of that primary differs before and after
/// it. A relation holds no state. A reconciler makes each of its relations once, and finds what was observed by it.
/// </remarks>
public abstract class Relation
{
    /// <summary>The resources whose changes are followed; empty if a reconciler has to look again by itself.</summary>
    public abstract IReadOnlyList<ResourceName> Watched { get; }

    /// <summary>Whether a primary that does not exist may have related objects, so that it is reconciled because of them.</summary>
    public virtual bool OutlivesPrimary => false;

    /// <summary>Tells which primaries a change concerns.</summary>
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
    /// The resources that must be read anew before the primary is observed: the newest state where something is concluded from
    /// an object's absence, and the present values of kinds that are computed.
    /// </summary>
    public virtual IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) => [];

    /// <summary>
    /// The selector under which the index files a primary, for relations that find primaries by it
    /// (<see cref="ConcernedPrimaries.AddSelecting"/>); null for those that do not.
    /// </summary>
    public virtual LabelSelector? SelectorOf(KubeObject primary) => null;
}

/// <summary>An object in an observation.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Object">The object, shared: read only.</param>
public readonly record struct RelatedObject(ResourceName Resource, KubeObject Object);
