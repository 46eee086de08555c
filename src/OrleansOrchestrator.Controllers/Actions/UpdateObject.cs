using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Replaces an object or a subresource, provided that the object is still at the resourceVersion that <paramref name="Object"/>
/// carries.
/// </summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The wanted state, with the observed resourceVersion.</param>
public abstract record ReplaceObject(ResourceName Resource, KubeObject Object) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key => ObjectKey.Of(Object);

    /// <inheritdoc/>
    public override string Verb => "update";

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.UpdateAsync(Resource, Subresource, Object);
}

/// <summary>Replaces an object.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The wanted state, with the observed resourceVersion.</param>
public sealed record UpdateObject(ResourceName Resource, KubeObject Object) : ReplaceObject(Resource, Object);

/// <summary>Replaces an object's status, provided that it is still at the resourceVersion that <c>Object</c> carries.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The object with its wanted status and the observed resourceVersion.</param>
public sealed record UpdateStatus(ResourceName Resource, KubeObject Object) : ReplaceObject(Resource, Object)
{
    /// <inheritdoc/>
    public override string Subresource => "status";
}

/// <summary>Removes <c>kubernetes</c> from a namespace's spec.finalizers, so that the namespace can be deleted.</summary>
/// <param name="Object">The namespace with its wanted finalizers and the observed resourceVersion.</param>
public sealed record FinalizeNamespace(KubeObject Object) : ReplaceObject(WellKnownResources.Namespaces, Object)
{
    /// <inheritdoc/>
    public override string Subresource => "finalize";
}
