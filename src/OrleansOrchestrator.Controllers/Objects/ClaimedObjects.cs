using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>
/// Which objects are an owner's own: those it controls and still selects, and the orphans it selects, which it adopts.
/// An object that it controls and no longer selects is released; one that another owner controls is never touched.
/// </summary>
/// <param name="Objects">The owner's objects, in key order. Those that are only being adopted are among them.</param>
/// <param name="Changes">The adoptions and releases that make the references say so.</param>
/// <remarks>See k8s.io/kubernetes/pkg/controller/controller_ref_manager.go.</remarks>
internal sealed record ClaimedObjects<T>(IReadOnlyList<T> Objects, IReadOnlyList<ObjectAction> Changes)
    where T : class, KubeObject
{
    /// <summary>Decides which are the owner's.</summary>
    /// <param name="owner">The owner; one that is being deleted adopts and releases nothing.</param>
    /// <param name="selector">What the owner selects.</param>
    /// <param name="resource">The resource of the observed objects.</param>
    /// <param name="observed">All that the owner selects or controls, in any order.</param>
    /// <param name="mayAdopt">Whether an orphan that is selected may be adopted; null for every one that is not being deleted.</param>
    /// <param name="finalizer">What the owner's objects carry so that it hears of their end: given with the reference, and taken with it.</param>
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
        // A plain reference to this owner, without the controller flag, is replaced: two to one uid are refused.
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
