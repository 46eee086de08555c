using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>
/// The objects of an owner: those that it controls and selects, and the orphans that it selects and adopts. An object that it
/// controls and no longer selects is released. An object that another owner controls is not touched.
/// </summary>
/// <param name="Objects">The owner's objects in key order, including those whose adoption is still to be written.</param>
/// <param name="Changes">The writes of the adoptions and releases.</param>
/// <remarks>See k8s.io/kubernetes/pkg/controller/controller_ref_manager.go.</remarks>
internal sealed record ClaimedObjects<T>(IReadOnlyList<T> Objects, IReadOnlyList<ObjectAction> Changes)
    where T : class, KubeObject
{
    /// <summary>Decides which objects are the owner's.</summary>
    /// <param name="owner">The owner; one that is being deleted adopts and releases nothing.</param>
    /// <param name="selector">What the owner selects.</param>
    /// <param name="resource">The resource of the observed objects.</param>
    /// <param name="observed">All objects that the owner selects or controls, in any order.</param>
    /// <param name="mayAdopt">Whether a selected orphan may be adopted; null to adopt all. An orphan that is being deleted is never adopted.</param>
    /// <param name="finalizer">
    /// The finalizer of the owner's objects, through which the owner learns of their deletion. Adoption adds it, and release
    /// removes it; null for none.
    /// </param>
    public static ClaimedObjects<T> Of(
        KubeObject owner, LabelSelector selector, ResourceName resource, IEnumerable<T> observed, Func<T, bool>? mayAdopt = null, string? finalizer = null)
    {
        V1OwnerReference? reference = null;
        var owned = new List<T>();
        var changes = new List<ObjectAction>();
        foreach (var obj in observed.OrderBy(obj => obj.Key))
        {
            var controller = obj.Controller;
            if (controller is not null && controller.Uid != owner.Metadata.Uid)
                continue;

            var isSelected = selector.Matches(obj.Metadata.Labels);
            switch (controller is not null, isSelected)
            {
                case (true, true):
                    owned.Add(obj);
                    break;
                case (true, false) when !owner.IsDeleting:
                    changes.Add(new UpdateObject(resource, Released(obj, owner.Metadata.Uid, finalizer)));
                    break;
                case (false, true) when !owner.IsDeleting && !obj.IsDeleting && mayAdopt?.Invoke(obj) is not false:
                    owned.Add(obj);
                    changes.Add(new UpdateObject(resource, Adopted(obj, reference ??= OwnerReferences.ControlledBy(owner), finalizer)) { NeedsNewestPrimary = true });
                    break;
            }
        }

        return new ClaimedObjects<T>(owned, changes);
    }

    private static T Adopted(T obj, V1OwnerReference reference, string? finalizer)
    {
        var adopted = ObjectCodec.Clone(obj);
        // A reference to this owner without the controller flag is replaced: the API refuses two references to one uid.
        adopted.Metadata.OwnerReferences =
            [.. (adopted.Metadata.OwnerReferences ?? []).Where(other => other.Uid != reference.Uid), reference];
        if (finalizer is not null && !obj.HasFinalizer(finalizer))
            adopted.Metadata.Finalizers = [.. adopted.Metadata.Finalizers ?? [], finalizer];
        return adopted;
    }

    private static T Released(T obj, string ownerUid, string? finalizer)
    {
        var released = ObjectCodec.Clone(obj);
        released.Metadata.OwnerReferences = [.. released.Metadata.OwnerReferences.Where(other => other.Uid != ownerUid)];
        released.Metadata.Finalizers = released.Metadata.Finalizers?.Where(other => other != finalizer).ToList();
        return released;
    }
}
