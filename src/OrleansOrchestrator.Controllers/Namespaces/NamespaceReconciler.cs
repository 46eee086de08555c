using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>
/// Deletes the contents of a namespace that is being deleted, pods first, and then removes its finalizer. Until then its conditions
/// say what remains.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/namespace/deletion. Pods are deleted first, so that objects that protect them, such as
/// network policies, outlive them (KEP-5080).
/// </remarks>
public sealed class NamespaceReconciler : IReconciler
{
    /// <summary>The finalizer in spec.finalizers that stands for the deletion of the contents.</summary>
    public const string ContentFinalizer = "kubernetes";

    /// <summary>The most deletions of one plan; the rest follows in the next one.</summary>
    public const int DeletionsMax = 500;

    /// <summary>How soon to look again while contents are still being deleted.</summary>
    public static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The least time between the deletion of a namespace and the removal of its finalizer, even if it is empty. By then every
    /// server knows of the deletion, and every object that was still created is visible.
    /// </summary>
    public static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    private static readonly NamespaceContents Contents = new();

    /// <inheritdoc/>
    public string Name => "namespace-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Namespaces;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Contents];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Namespace { Metadata.DeletionTimestamp: not null } ns)
            return Plan.Nothing;

        var contents = observation.Related(Contents);
        var isFinalizing = ns.Spec?.Finalizers?.Contains(ContentFinalizer) is true;
        var closing = ApiTime.Read(ns.Metadata.DeletionTimestamp.Value) + ClosingTime - observation.Now;
        if (contents.Count == 0 && isFinalizing && closing <= TimeSpan.Zero)
            return new Plan { Actions = [Finalize(ns)] };

        var deletions = isFinalizing ? Deletions(contents) : [];
        var conditions = NamespaceConditions.For(ns.Status?.Conditions, contents, observation.Now);
        var status = new V1NamespaceStatus { Phase = "Terminating", Conditions = conditions };
        var isMoreLeft = deletions.Count > DeletionsMax;
        return new Plan
        {
            // The phase comes first: it forbids new contents.
            Actions = [.. StatusUpdate(ns, status), .. deletions.Take(DeletionsMax)],
            RequeueAfter = (isFinalizing, isMoreLeft, contents.Count) switch
            {
                (false, _, _) => null,
                (true, true, _) => TimeSpan.Zero,
                (true, false, 0) => closing,
                _ => RecheckInterval,
            },
        };
    }

    private static List<DeleteObject> Deletions(IReadOnlyList<RelatedObject> contents)
    {
        var pods = contents.Where(content => content.Resource == WellKnownResources.Pods).ToList();
        return
        [
            .. (pods.Count > 0 ? pods : contents)
                .Where(content => !content.Object.IsDeleting)
                .OrderBy(content => content.Resource.ToString(), StringComparer.Ordinal)
                .ThenBy(content => content.Object.Key)
                .Select(content => new DeleteObject(content.Resource, content.Object.Key, content.Object.Metadata.Uid)),
        ];
    }

    private static IEnumerable<UpdateStatus> StatusUpdate(V1Namespace ns, V1NamespaceStatus status)
    {
        if (ObjectFacts.SameJson(ns.Status, status))
            return [];
        var updated = ObjectCodec.Clone(ns);
        updated.Status = status;
        return [new UpdateStatus(WellKnownResources.Namespaces, updated)];
    }

    private static FinalizeNamespace Finalize(V1Namespace ns)
    {
        var updated = ObjectCodec.Clone(ns);
        updated.Spec.Finalizers = [.. updated.Spec.Finalizers.Where(finalizer => finalizer != ContentFinalizer)];
        return new FinalizeNamespace(updated);
    }
}
