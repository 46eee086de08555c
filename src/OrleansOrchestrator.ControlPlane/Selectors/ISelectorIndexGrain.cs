using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>
/// Where labels and selectors meet, seen from the labels: which services, controllers and so on of one namespace select an
/// object. Derived from the caches of the silo that asks, and never stored. The key is the namespace, or
/// <see cref="AllNamespaces"/>.
/// </summary>
[Alias("ISelectorIndexGrain")]
internal interface ISelectorIndexGrain : IGrainWithStringKey
{
    /// <summary>The key of the index over the primaries of all namespaces.</summary>
    const string AllNamespaces = "*";

    /// <summary>The primaries of a reconciler whose selectors match any of some label sets.</summary>
    /// <param name="reconciler">The reconciler's name.</param>
    /// <param name="relation">The position of the relation whose selectors are meant.</param>
    /// <param name="labels">Label sets.</param>
    /// <param name="primaryRevision">The revision of the primaries that the answer must take into account.</param>
    [Alias("FindSelecting")]
    Task<IReadOnlyList<ObjectKey>> FindSelectingAsync(string reconciler, int relation, IReadOnlyList<LabelSet> labels, long primaryRevision);
}
