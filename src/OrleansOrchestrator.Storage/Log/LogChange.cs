namespace OrleansOrchestrator.Storage.Log;

/// <summary>What a change does to its object. The numbers are stored.</summary>
public enum LogChangeType : short
{
    /// <summary>The object did not exist before.</summary>
    Added = 1,

    /// <summary>The object existed and was replaced.</summary>
    Modified = 2,

    /// <summary>The object is gone.</summary>
    Deleted = 3,
}

/// <summary>One change of one object as the history tells it: what watches resume from.</summary>
/// <param name="Revision">Position in the shard's order; strictly increasing.</param>
/// <param name="Type">What happened.</param>
/// <param name="Namespace">The object's namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Value">The object after the change as UTF-8 JSON; for a deletion its last state, at the deletion's revision.</param>
/// <param name="Previous">The object before the change; null if it was added. A resuming watch with a selector needs it to tell
/// a transition from a plain change.</param>
public sealed record LogChange(
    long Revision,
    LogChangeType Type,
    string Namespace,
    string Name,
    ReadOnlyMemory<byte> Value,
    ReadOnlyMemory<byte>? Previous);

/// <summary>One change of one object on its way into the log.</summary>
/// <param name="Revision">Position in the shard's order; strictly increasing.</param>
/// <param name="Type">What happens.</param>
/// <param name="Namespace">The object's namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Value">The object after the change as UTF-8 JSON; for a deletion its last state, at the deletion's revision.</param>
/// <param name="PreviousRevision">The revision of the change that this one follows on; 0 for an object that is added.</param>
public sealed record LogWrite(
    long Revision,
    LogChangeType Type,
    string Namespace,
    string Name,
    ReadOnlyMemory<byte> Value,
    long PreviousRevision);

/// <summary>A batch of changes that becomes durable as a whole.</summary>
/// <param name="HeadBefore">The head that the writer believes to be stored; the commit is refused as fenced if it is not.</param>
/// <param name="HeadAfter">The head to store; at least the last change's revision. Greater when revisions are reserved ahead
/// for objects that are kept in memory only, in which case <paramref name="Changes"/> may be empty.</param>
/// <param name="Changes">The changes in revision order. Several may concern one object; the last one is its state.</param>
/// <param name="LeaseDuration">The read lease that the commit renews.</param>
public sealed record LogCommit(long HeadBefore, long HeadAfter, IReadOnlyList<LogWrite> Changes, TimeSpan LeaseDuration);
