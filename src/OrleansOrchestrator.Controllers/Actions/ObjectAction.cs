using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// One write of a plan. It names the API request that admission sees, and applies itself to a writer, which the control plane and
/// the tests implement. A new kind of write is one new class. A plan writes each object at most once: every write changes the
/// resourceVersion, so a second write on the same observation would fail.
/// </summary>
/// <param name="Resource">The resource written to.</param>
public abstract record ObjectAction(ResourceName Resource)
{
    /// <summary>The key of the object to write; for a creation, with the requested name.</summary>
    public abstract ObjectKey Key { get; }

    /// <summary>The verb of the equivalent API request, as in <c>create</c>.</summary>
    public abstract string Verb { get; }

    /// <summary>The subresource of the equivalent API request; empty for the object itself.</summary>
    public virtual string Subresource => "";

    /// <summary>
    /// Makes the event to record on the primary object once the action has succeeded; null for none. Its argument is the name of
    /// the written object, because a generated name is known only then.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnSuccess { get; init; }

    /// <summary>The event that tells why, recorded before <see cref="EventOnSuccess"/> once the action has succeeded; null for none.</summary>
    public PlannedEvent? Cause { get; init; }

    /// <summary>
    /// Makes the event to record on the primary object if the action failed for a reason other than a conflict; null for none. Its
    /// argument is the error's message.
    /// </summary>
    public Func<string, PlannedEvent>? EventOnFailure { get; init; }

    /// <summary>
    /// Whether the action may be made only if nothing has happened to the primary up to the moment at which the rest was observed.
    /// So it is with a reference to the primary as the owner: the deletion of an owner may be known later than what follows from
    /// it, and an object whose reference was just taken away would get it back, and go with the owner.
    /// </summary>
    public bool NeedsNewestPrimary { get; init; }

    /// <summary>Makes the write.</summary>
    /// <returns>The written object; null if there was nothing to write.</returns>
    /// <exception cref="ApiException">It was refused.</exception>
    public abstract Task<WrittenObject?> ApplyAsync(IObjectWriter writer);

    /// <summary>The equivalent API request, for logs.</summary>
    public sealed override string ToString() => $"{Verb} {Resource}{(Subresource.Length > 0 ? "/" : "")}{Subresource} {Key}";
}

/// <summary>An action that the API refused.</summary>
/// <param name="Action">The action.</param>
/// <param name="Why">Why it was refused.</param>
public sealed record RefusedAction(ObjectAction Action, ApiException Why)
{
    /// <summary>Whether the reason is that the namespace is being deleted. Such an action is neither reported nor retried.</summary>
    public bool IsByTerminatingNamespace => Why.Status.Details?.Causes?.Any(cause => cause.Reason == "NamespaceTerminating") is true;
}

/// <summary>An object after a write.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Revision">
/// The revision that was written; null if it is not known. Then only a read of the newest state is sure to include the write.
/// </param>
public sealed record WrittenObject(ObjectKey Key, long? Revision);
