using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>
/// Which active pods are an owner's own: those it controls and still selects, and the orphans it selects, which it adopts.
/// A pod that it controls and no longer selects is released; a pod that another owner controls is never touched.
/// </summary>
/// <param name="Pods">The owner's pods, in key order.</param>
/// <param name="Changes">The adoptions and releases that make the references say so.</param>
/// <remarks>See k8s.io/kubernetes/pkg/controller/controller_ref_manager.go.</remarks>
internal sealed record PodClaims(IReadOnlyList<V1Pod> Pods, IReadOnlyList<ObjectAction> Changes)
{
    public static PodClaims Of(ReplicaDemand demand, IEnumerable<V1Pod> observed)
    {
        var ownerIsDeleting = demand.Owner.IsDeleting;
        var ownerUid = demand.OwnerReference.Uid;
        var pods = new List<V1Pod>();
        var changes = new List<ObjectAction>();
        foreach (var pod in observed.Where(pod => pod.IsActive).OrderBy(pod => pod.Key))
        {
            var controller = pod.Controller;
            if (controller is not null && controller.Uid != ownerUid)
                continue;

            var isSelected = demand.Selector.Matches(pod.Metadata.Labels);
            switch (controller is not null, isSelected)
            {
                case (true, true):
                    pods.Add(pod);
                    break;
                case (true, false) when !ownerIsDeleting:
                    changes.Add(Release(pod, ownerUid));
                    break;
                case (false, true) when !ownerIsDeleting:
                    pods.Add(pod);
                    changes.Add(Adopt(pod, demand.OwnerReference));
                    break;
            }
        }

        return new PodClaims(pods, changes);
    }

    private static UpdateObject Adopt(V1Pod pod, V1OwnerReference reference)
    {
        var adopted = ObjectCodec.Clone(pod);
        // A plain reference to this owner, without the controller flag, is replaced: two to one uid are refused.
        adopted.Metadata.OwnerReferences =
            [.. (adopted.Metadata.OwnerReferences ?? []).Where(other => other.Uid != reference.Uid), reference];
        return new UpdateObject(WellKnownResources.Pods, adopted);
    }

    private static UpdateObject Release(V1Pod pod, string ownerUid)
    {
        var released = ObjectCodec.Clone(pod);
        released.Metadata.OwnerReferences = [.. released.Metadata.OwnerReferences.Where(other => other.Uid != ownerUid)];
        return new UpdateObject(WellKnownResources.Pods, released);
    }
}
