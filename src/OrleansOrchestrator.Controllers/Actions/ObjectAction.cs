using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// One write of a plan. It knows how it is admitted (as which verb on which part of which resource) and how it is applied, on a
/// writer that control plane and tests implement: a new action is one new class. A plan writes each object at most once, since
/// every write moves the object's resourceVersion, so that a second one on the same observation could only fail.
/// </summary>
/// <param name="Resource">The resource written to.</param>
public abstract record ObjectAction(ResourceName Resource)
{
    /// <summary>The object written to; one to be created by the name that it asks for.</summary>
    public abstract ObjectKey Key { get; }

    /// <summary>The verb of the request that it amounts to, as in <c>create</c>.</summary>
    public abstract string Verb { get; }

    /// <summary>The subresource of that request; empty for the object itself.</summary>
    public virtual string Subresource => "";

    /// <summary>
    /// The event to record on the primary object once the action has succeeded, from the name of the object written, which
    /// for a generated name is known only then; null for none.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnSuccess { get; init; }

    /// <summary>The event that tells why, recorded before <see cref="EventOnSuccess"/> once the action has succeeded; null for none.</summary>
    public PlannedEvent? Cause { get; init; }

    /// <summary>
    /// The event to record on the primary object if the action failed for a reason other than a conflict, from the error's
    /// message; null for none.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnFailure { get; init; }

    /// <summary>
    /// Whether the action may be made only if nothing has happened to the primary up to the moment at which the rest was observed.
    /// So it is with a reference to the primary as the owner: the deletion of an owner may be known later than what follows from
    /// it, and an object whose reference was just taken away would get it back, and go with the owner.
    /// </summary>
    public bool NeedsNewestPrimary { get; init; }

    /// <summary>Makes the write.</summary>
    /// <returns>What was written; null if nothing had to be.</returns>
    /// <exception cref="ApiException">It was refused.</exception>
    public abstract Task<WrittenObject?> ApplyAsync(IObjectWriter writer);

    /// <summary>The request that it amounts to, for logs.</summary>
    public sealed override string ToString() => $"{Verb} {Resource}{(Subresource.Length > 0 ? "/" : "")}{Subresource} {Key}";
}

/// <summary>An action of a plan that was not done.</summary>
/// <param name="Action">The action.</param>
/// <param name="Why">Why it was refused.</param>
public sealed record RefusedAction(ObjectAction Action, ApiException Why)
{
    /// <summary>Whether it was refused because its namespace is being deleted, so that nothing has to be told or tried again.</summary>
    public bool IsByTerminatingNamespace => Why.Status.Details?.Causes?.Any(cause => cause.Reason == "NamespaceTerminating") is true;
}

/// <summary>An object after a write.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Revision">The revision that was written; null if that is not known, so that only the newest state surely has it.</param>
public sealed record WrittenObject(ObjectKey Key, long? Revision);
