using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>How objects of another resource belong to a primary object.</summary>
/// <param name="Resource">The other resource.</param>
public abstract record Dependency(ResourceName Resource);

/// <summary>
/// Objects in the primary's namespace that its selector picks, and, where <paramref name="IncludeOwned"/>, those that it
/// controls by owner reference whether or not the selector still picks them. An absent primary has none.
/// </summary>
/// <param name="Resource">The other resource.</param>
/// <param name="SelectorOf">The primary's selector; <see cref="LabelSelector.Nothing"/> if it picks nothing.</param>
/// <param name="IncludeOwned">Whether objects that the primary controls belong to it too.</param>
public sealed record SelectedObjects(ResourceName Resource, Func<KubeObject, LabelSelector> SelectorOf, bool IncludeOwned)
    : Dependency(Resource);

/// <summary>Objects in the primary's namespace that it controls by owner reference. An absent primary has none.</summary>
/// <param name="Resource">The other resource.</param>
public sealed record OwnedObjects(ResourceName Resource) : Dependency(Resource);

/// <summary>The object with the primary's namespace and name, whether or not the primary itself exists.</summary>
/// <param name="Resource">The other resource.</param>
public sealed record SameName(ResourceName Resource) : Dependency(Resource);

/// <summary>
/// The object of a fixed name in the primary's namespace or, where the primary is a namespace, in that namespace.
/// </summary>
/// <param name="Resource">The other resource.</param>
/// <param name="Name">The name.</param>
public sealed record Named(ResourceName Resource, string Name) : Dependency(Resource);

/// <summary>Objects in any namespace that name the primary in a field, whether or not the primary itself exists.</summary>
/// <param name="Resource">The other resource.</param>
/// <param name="NameField">The indexed field that holds the primary's name.</param>
/// <param name="PrimaryOf">The primary that an object names; null for none.</param>
public sealed record ReferringObjects(ResourceName Resource, string NameField, Func<KubeObject, ObjectKey?> PrimaryOf) : Dependency(Resource);

/// <summary>
/// Everything that lives in the namespace that the primary object is. <c>Resource</c> is the namespaces' own. Needed only
/// while the primary is being deleted: for any other primary the control plane may leave it out.
/// </summary>
public sealed record NamespaceContents() : Dependency(WellKnownResources.Namespaces);

/// <summary>
/// What a CustomResourceDefinition is judged by: all definitions, whose names must not collide, and, while it is being deleted,
/// all objects of the kind that it defines. <c>Resource</c> is the definitions' own.
/// </summary>
public sealed record DefinedObjects() : Dependency(WellKnownResources.CustomResourceDefinitions)
{
    /// <summary>The resource that a definition defines.</summary>
    public static ResourceName ResourceOf(V1CustomResourceDefinition crd) => new(crd.Spec.Names.Plural, crd.Spec.Group);
}
