using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.CustomResources;

/// <summary>
/// Accepts the names of CustomResourceDefinitions and establishes them. When a definition is being deleted, deletes all objects of
/// its kind and then removes the definition's finalizer.
/// </summary>
/// <remarks>See k8s.io/apiextensions-apiserver/pkg/controller (status, establish, finalizer).</remarks>
public sealed class CustomResourceDefinitionReconciler : IReconciler
{
    /// <summary>The most deletions of one plan; the rest follows in the next one.</summary>
    public const int DeletionsMax = 500;

    /// <summary>How soon to look again while objects are still being deleted.</summary>
    public static readonly TimeSpan ObjectsRecheckInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The least time between the deletion of a definition and the removal of its finalizer. By then every server knows of the
    /// deletion, and every object that was still created is visible.
    /// </summary>
    public static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(1);

    private static readonly DefinitionsOfGroup Definitions = new();
    private static readonly DefinedObjects Objects = new();

    /// <inheritdoc/>
    public string Name => "custom-resource-definition-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.CustomResourceDefinitions;

    /// <inheritdoc/>
    public string User => ControllerUsers.ApiServer;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Definitions, Objects];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation) => observation.Primary switch
    {
        V1CustomResourceDefinition { Metadata.DeletionTimestamp: null } crd => Establish(crd, observation),
        V1CustomResourceDefinition crd => CleanUp(crd, observation),
        _ => Plan.Nothing,
    };

    private static Plan Establish(V1CustomResourceDefinition crd, Observation observation)
    {
        var others = observation.Of<V1CustomResourceDefinition>(Definitions).Where(other => other.Metadata.Uid != crd.Metadata.Uid);
        var conflict = NameConflict.Find(crd, [.. others]);
        var updated = ObjectCodec.Clone(crd);
        if (conflict is null)
        {
            updated.Status ??= new V1CustomResourceDefinitionStatus();
            updated.Status.AcceptedNames = ObjectCodec.Clone(crd.Spec.Names);
            Set(updated, CustomResourceConditions.NamesAccepted, true, "NoConflicts", "no conflicts found", observation);
            Set(updated, CustomResourceConditions.Established, true, "InitialNamesAccepted", "the initial names have been accepted", observation);
        }
        else
        {
            Set(updated, CustomResourceConditions.NamesAccepted, false, conflict.Reason, conflict.Message, observation);
            if (!CustomResourceConditions.IsTrue(crd, CustomResourceConditions.Established))
                Set(updated, CustomResourceConditions.Established, false, "NotAccepted", "not all names are accepted", observation);
        }

        return new Plan
        {
            Actions = ObjectFacts.SameJson(crd.Status, updated.Status) ? [] : [new UpdateStatus(WellKnownResources.CustomResourceDefinitions, updated)],
        };
    }

    private static Plan CleanUp(V1CustomResourceDefinition crd, Observation observation)
    {
        if (crd.Metadata.Finalizers?.Contains(CustomResourceConditions.CleanupFinalizer) is not true)
            return Plan.Nothing;

        var remaining = observation.Related(Objects);
        var closing = ApiTime.Read(crd.Metadata.DeletionTimestamp!.Value) + ClosingTime - observation.Now;
        if (remaining.Count == 0)
        {
            return closing > TimeSpan.Zero
                ? new Plan { RequeueAfter = closing }
                : new Plan { Actions = [new UpdateObject(WellKnownResources.CustomResourceDefinitions, WithoutFinalizer(crd))] };
        }

        var deletions = remaining.Where(left => !left.Object.IsDeleting)
            .OrderBy(left => left.Object.Key)
            .Select(left => new DeleteObject(left.Resource, left.Object.Key, left.Object.Metadata.Uid))
            .ToList();
        var updated = ObjectCodec.Clone(crd);
        Set(updated, CustomResourceConditions.Terminating, true, "InstanceDeletionInProgress", "CustomResource deletion is in progress", observation);
        IEnumerable<ObjectAction> status = ObjectFacts.SameJson(crd.Status, updated.Status)
            ? []
            : [new UpdateStatus(WellKnownResources.CustomResourceDefinitions, updated)];
        return new Plan
        {
            Actions = [.. status, .. deletions.Take(DeletionsMax)],
            RequeueAfter = deletions.Count > DeletionsMax ? TimeSpan.Zero : ObjectsRecheckInterval,
        };
    }

    private static V1CustomResourceDefinition WithoutFinalizer(V1CustomResourceDefinition crd)
    {
        var updated = ObjectCodec.Clone(crd);
        updated.Metadata.Finalizers = [.. updated.Metadata.Finalizers.Where(finalizer => finalizer != CustomResourceConditions.CleanupFinalizer)];
        return updated;
    }

    private static void Set(V1CustomResourceDefinition crd, string type, bool isTrue, string reason, string message, Observation observation) =>
        CustomResourceConditions.Set(crd, type, isTrue, reason, message, observation.Now);
}
