using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.GarbageCollection;

/// <summary>
/// Decides what follows from owner references. An object is deleted when its last owner is gone. An owner in foreground deletion
/// waits for the dependents that block it. An owner that orphans its dependents waits until none refers to it. Objects that own
/// each other keep each other alive. An object stays as it is while one of its owners cannot be resolved.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/garbagecollector. Each decision is about one object. The host calls
/// <see cref="DecideDependent"/> for an object whenever one of its owners is gone or begins to wait for its dependents. It calls
/// <see cref="DecideOwner"/> for an object that is being deleted whenever the object or one of its dependents changes.
/// </remarks>
public static class GarbageCollector
{
    /// <summary>The most dependents that one plan touches; the rest follows in the next one.</summary>
    public const int DependentsMax = 500;

    /// <summary>Decides about an object because of its owners.</summary>
    /// <param name="dependent">The object.</param>
    /// <param name="stateOf">The state of the owner that a reference names.</param>
    /// <param name="dependents">The object's own dependents; called only if one of its owners waits for the object.</param>
    public static Plan DecideDependent(
        CollectedObject dependent,
        Func<V1OwnerReference, OwnerState> stateOf,
        Func<IReadOnlyList<CollectedObject>> dependents)
    {
        var references = dependent.Object.Metadata.OwnerReferences ?? [];
        if (references.Count == 0 || dependent.Object.IsDeleting)
            return Plan.Nothing;

        var states = references.Select(stateOf).ToList();
        if (states.Exists(state => state is OwnerState.Unresolvable or OwnerState.OutsideNamespace))
        {
            var outside = references.Where((_, i) => states[i] == OwnerState.OutsideNamespace);
            return new Plan { Events = [.. outside.Select(reference => InvalidNamespace(dependent, reference))] };
        }

        if (states.Contains(OwnerState.Present))
        {
            return states.TrueForAll(state => state == OwnerState.Present)
                ? Plan.Nothing
                : One(WithReferences(dependent, (_, i) => states[i] == OwnerState.Present));
        }

        var isAwaited = states.Contains(OwnerState.WaitingForDependents);
        var own = isAwaited ? dependents() : [];
        if (own.Count == 0)
            return One(Delete(dependent, PropagationOf(dependent.Object)));

        // If the object's own dependents wait too, the object may be part of a cycle in which every object waits for the next. It
        // stops blocking its owners now, and the next round deletes it.
        if (own.Any(item => IsWaitingForDependents(item.Object)) && references.Any(reference => reference.BlockOwnerDeletion is true))
            return One(Unblocking(dependent)) with { RequeueAfter = TimeSpan.Zero };
        return One(Delete(dependent, DeletionPropagation.Foreground));
    }

    /// <summary>Decides about an object that is being deleted, and its dependents.</summary>
    /// <param name="owner">The object.</param>
    /// <param name="dependents">All objects with a reference to it, read from the newest state, in any order.</param>
    public static Plan DecideOwner(CollectedObject owner, IReadOnlyList<CollectedObject> dependents)
    {
        if (!owner.Object.IsDeleting)
            return Plan.Nothing;
        if (owner.Object.HasFinalizer(PropagationFinalizers.Orphan))
            return Orphan(owner, dependents);
        return owner.Object.HasFinalizer(PropagationFinalizers.Foreground) ? AwaitDependents(owner, dependents) : Plan.Nothing;
    }

    private static Plan Orphan(CollectedObject owner, IReadOnlyList<CollectedObject> dependents)
    {
        var uid = owner.Object.Metadata.Uid;
        var releases = dependents
            .Where(dependent => RefersTo(dependent.Object, uid))
            .OrderBy(dependent => dependent.Resource.ToString(), StringComparer.Ordinal)
            .ThenBy(dependent => dependent.Object.Key)
            .Take(DependentsMax)
            .Select(dependent => WithReferences(dependent, (reference, _) => reference.Uid != uid))
            .ToList();

        // The finalizer is removed only when a later look finds no reference: a release may fail.
        return releases.Count > 0
            ? new Plan { Actions = releases, RequeueAfter = TimeSpan.Zero }
            : One(WithoutFinalizer(owner, PropagationFinalizers.Orphan));
    }

    private static Plan AwaitDependents(CollectedObject owner, IReadOnlyList<CollectedObject> dependents) =>
        dependents.Any(dependent => MayDependOn(owner.Object, dependent.Object) && Blocks(dependent.Object, owner.Object.Metadata.Uid))
            ? Plan.Nothing
            : One(WithoutFinalizer(owner, PropagationFinalizers.Foreground));

    // Whoever knows a uid may write a reference to it from anywhere. An owner in a namespace waits for nobody outside of it.
    private static bool MayDependOn(KubeObject owner, KubeObject dependent) => owner.Key.Namespace.Length == 0 || owner.Key.Namespace == dependent.Key.Namespace;

    private static bool RefersTo(KubeObject dependent, string ownerUid) =>
        dependent.Metadata.OwnerReferences?.Any(reference => reference.Uid == ownerUid) is true;

    private static bool Blocks(KubeObject dependent, string ownerUid) =>
        dependent.Metadata.OwnerReferences?.Any(reference => reference.Uid == ownerUid && reference.BlockOwnerDeletion is true) is true;

    private static bool IsWaitingForDependents(KubeObject obj) => obj.IsDeleting && obj.HasFinalizer(PropagationFinalizers.Foreground);

    private static DeletionPropagation PropagationOf(KubeObject obj) =>
        obj.HasFinalizer(PropagationFinalizers.Orphan) ? DeletionPropagation.Orphan
        : obj.HasFinalizer(PropagationFinalizers.Foreground) ? DeletionPropagation.Foreground
        : DeletionPropagation.Background;

    /// <summary>Deletes only the observed version: a newer one may have an owner that exists.</summary>
    private static DeleteObject Delete(CollectedObject item, DeletionPropagation propagation) =>
        new(item.Resource, item.Object.Key, item.Object.Metadata.Uid, Propagation: propagation) { ResourceVersion = item.Object.Metadata.ResourceVersion };

    private static UpdateObject WithReferences(CollectedObject item, Func<V1OwnerReference, int, bool> isKept) => Changed(item, metadata =>
        metadata.OwnerReferences = metadata.OwnerReferences.Where(isKept).ToList() is { Count: > 0 } kept ? kept : null);

    private static PlannedEvent InvalidNamespace(CollectedObject dependent, V1OwnerReference owner)
    {
        var @namespace = dependent.Object.Metadata.NamespaceProperty;
        return new PlannedEvent("Warning", "OwnerRefInvalidNamespace",
            $"ownerRef [{owner.ApiVersion}/{owner.Kind}, namespace: {@namespace}, name: {owner.Name}, uid: {owner.Uid}] does not exist in namespace \"{@namespace}\"");
    }

    private static UpdateObject Unblocking(CollectedObject item) => Changed(item, metadata =>
    {
        foreach (var reference in metadata.OwnerReferences)
            reference.BlockOwnerDeletion = false;
    });

    private static UpdateObject WithoutFinalizer(CollectedObject item, string finalizer) => Changed(item, metadata =>
        metadata.Finalizers = metadata.Finalizers.Where(other => other != finalizer).ToList() is { Count: > 0 } kept ? kept : null);

    private static UpdateObject Changed(CollectedObject item, Action<V1ObjectMeta> change)
    {
        var copy = ObjectFacts.CopyOf(item.Object);
        change(copy.Metadata);
        return new UpdateObject(item.Resource, copy);
    }

    private static Plan One(ObjectAction action) => new() { Actions = [action] };
}
