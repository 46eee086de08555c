using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Revisions;

/// <summary>
/// The revisions that an object's plan depends on: those that it selects or controls, and the one with the name of its next
/// revision.
/// </summary>
/// <param name="read">Reads the revised object from a primary; null if the primary has no pod template.</param>
internal sealed class RevisionRelations(Func<KubeObject, RevisedObject?> read)
{
    /// <summary>The relations.</summary>
    public IReadOnlyList<Relation> All { get; } =
    [
        new SelectedByLabels(WellKnownResources.ControllerRevisions, primary => read(primary)?.Selector ?? LabelSelector.Nothing),
        new ControlledByOwner(WellKnownResources.ControllerRevisions),
        new NamedByPrimary(WellKnownResources.ControllerRevisions, primary =>
            read(primary) is { } revised ? [new ObjectKey(primary.Key.Namespace, RevisionHistory.NextName(revised))] : []),
    ];

    /// <summary>The observed revisions, each once.</summary>
    public IEnumerable<V1ControllerRevision> Observed(Observation observation) => observation.OfAny<V1ControllerRevision>(All);
}
