using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>
/// One write. A plan writes each object at most once: every write moves the object's resourceVersion, so that a second one
/// on the same observation could only fail.
/// </summary>
/// <param name="Resource">The resource written to.</param>
public abstract record ObjectAction(ResourceName Resource)
{
    /// <summary>The object written to; one to be created by the name that it asks for.</summary>
    public abstract ObjectKey Key { get; }

    /// <summary>
    /// The event to record on the primary object once the action has succeeded, from the name of the object written, which
    /// for a generated name is known only then; null for none.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnSuccess { get; init; }

    /// <summary>
    /// The event to record on the primary object if the action failed for a reason other than a conflict, from the error's
    /// message; null for none.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnFailure { get; init; }
}

/// <summary>Creates an object; that it exists already counts as a failure of this action only.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The object, with its namespace, and a name or generateName.</param>
public sealed record CreateObject(ResourceName Resource, KubeObject Object) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key => Object.Key;
}

/// <summary>Replaces an object, provided that it is still at the resourceVersion that <paramref name="Object"/> carries.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The wanted state, with the observed resourceVersion.</param>
public sealed record UpdateObject(ResourceName Resource, KubeObject Object) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key => Object.Key;
}

/// <summary>Replaces an object's status, provided that it is still at the resourceVersion that <paramref name="Object"/> carries.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The object with its wanted status and the observed resourceVersion.</param>
public sealed record UpdateStatus(ResourceName Resource, KubeObject Object) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key => Object.Key;
}

/// <summary>Deletes an object, provided that it is still the one with <paramref name="Uid"/>. That it is gone already is success.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Key">The object.</param>
/// <param name="Uid">The observed uid.</param>
/// <param name="GracePeriodSeconds">The grace period; null for the kind's default.</param>
/// <param name="Propagation">What happens to the object's own dependents; null for the kind's default.</param>
public sealed record DeleteObject(
    ResourceName Resource, ObjectKey Key, string Uid, long? GracePeriodSeconds = null, DeletionPropagation? Propagation = null)
    : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <summary>Delete only if the object is still at this resourceVersion; null for at any.</summary>
    public string? ResourceVersion { get; init; }
}

/// <summary>Takes <c>kubernetes</c> off a namespace's spec.finalizers, which lets it go.</summary>
/// <param name="Object">The namespace with its wanted finalizers and the observed resourceVersion.</param>
public sealed record FinalizeNamespace(KubeObject Object) : ObjectAction(WellKnownResources.Namespaces)
{
    /// <inheritdoc/>
    public override ObjectKey Key => Object.Key;
}
