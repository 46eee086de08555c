using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>An object that lives in a namespace.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Object">The object.</param>
internal sealed record NamespaceContent(ResourceName Resource, KubeObject Object)
{
    /// <summary>All that is in the observed namespace, ordered by resource and key.</summary>
    public static IReadOnlyList<NamespaceContent> Of(Observation observation) =>
    [
        .. observation.DependentResources
            .Where(resource => resource != WellKnownResources.Namespaces)
            .OrderBy(resource => resource.ToString(), StringComparer.Ordinal)
            .SelectMany(resource => observation.Dependents(resource)
                .OrderBy(obj => obj.Key)
                .Select(obj => new NamespaceContent(resource, obj))),
    ];
}
