using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>
/// Where labels and selectors meet in one namespace, seen from the labels: which services, controllers and so on select an
/// object. Derived from the caches and never stored. The key is the namespace.
/// </summary>
[Alias("ISelectorIndexGrain")]
internal interface ISelectorIndexGrain : IGrainWithStringKey
{
    /// <summary>The names of the primaries of a reconciler whose selectors match any of some label sets.</summary>
    /// <param name="reconciler">The reconciler's name.</param>
    /// <param name="labels">Label sets of objects of the namespace.</param>
    /// <param name="primaryRevision">The revision of the primaries that the answer must take into account.</param>
    [Alias("FindSelecting")]
    Task<IReadOnlyList<string>> FindSelectingAsync(string reconciler, IReadOnlyList<LabelSet> labels, long primaryRevision);
}
