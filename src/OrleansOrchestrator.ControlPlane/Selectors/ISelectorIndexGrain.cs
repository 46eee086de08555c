using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>
/// The index from labels to selectors for one namespace: it finds the services, controllers and so on that select an object. It is
/// built from the caches of the calling silo, and never stored. The key is the namespace, or <see cref="AllNamespaces"/>.
/// </summary>
[Alias("ISelectorIndexGrain")]
internal interface ISelectorIndexGrain : IGrainWithStringKey
{
    /// <summary>The key of the index over the primaries of all namespaces.</summary>
    const string AllNamespaces = "*";

    /// <summary>Finds the primaries of a reconciler whose selectors match any of the label sets.</summary>
    /// <param name="reconciler">The reconciler's name.</param>
    /// <param name="relation">The position of the relation with the selectors.</param>
    /// <param name="labels">Label sets.</param>
    /// <param name="primaryRevision">The revision of the primaries that the answer must reflect.</param>
    [Alias("FindSelecting")]
    Task<IReadOnlyList<ObjectKey>> FindSelectingAsync(string reconciler, int relation, IReadOnlyList<LabelSet> labels, long primaryRevision);
}
