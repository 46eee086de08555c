namespace OrleansOrchestrator.Storage.Log;

/// <summary>The effect of a change on its object. The numbers are stored.</summary>
public enum LogChangeType : short
{
    /// <summary>The object did not exist before.</summary>
    Added = 1,

    /// <summary>The object existed and was replaced.</summary>
    Modified = 2,

    /// <summary>The object is gone.</summary>
    Deleted = 3,
}

/// <summary>One change of one object in the history, from which watches resume.</summary>
/// <param name="Revision">Position in the shard's order; strictly increasing.</param>
/// <param name="Type">What happened.</param>
/// <param name="Namespace">The object's namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Value">The object after the change as UTF-8 JSON; for a deletion its last state, at the deletion's revision.</param>
/// <param name="Previous">The object before the change; null if it was added. A resuming watch with a selector needs it to tell whether
/// the object began or ceased to match.</param>
public sealed record LogChange(
    long Revision,
    LogChangeType Type,
    string Namespace,
    string Name,
    ReadOnlyMemory<byte> Value,
    ReadOnlyMemory<byte>? Previous);

/// <summary>One change of one object to be written to the log.</summary>
/// <param name="Revision">Position in the shard's order; strictly increasing.</param>
/// <param name="Type">What happens.</param>
/// <param name="Namespace">The object's namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Value">The object after the change as UTF-8 JSON; for a deletion its last state, at the deletion's revision.</param>
/// <param name="PreviousRevision">The revision of the object's previous change; 0 for an added object.</param>
public sealed record LogWrite(
    long Revision,
    LogChangeType Type,
    string Namespace,
    string Name,
    ReadOnlyMemory<byte> Value,
    long PreviousRevision);

/// <summary>A batch of changes that becomes durable as a whole.</summary>
/// <param name="HeadBefore">The head that the writer expects in the database. If it differs, the commit is refused as fenced.</param>
/// <param name="HeadAfter">The head to store; at least the last change's revision. It is greater when it reserves revisions for objects
/// that are kept in memory only; <paramref name="Changes"/> may then be empty.</param>
/// <param name="Changes">The changes in revision order. Several may concern one object; the last one is its state.</param>
/// <param name="LeaseDuration">The read lease that the commit renews.</param>
public sealed record LogCommit(long HeadBefore, long HeadAfter, IReadOnlyList<LogWrite> Changes, TimeSpan LeaseDuration);
