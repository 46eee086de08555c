using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// A store grain's view of its resource: the durable objects, and an overlay of accepted changes that are not durable yet. Writes are
/// checked against the newest accepted version; reads see the durable one.
/// </summary>
/// <remarks>
/// <para>
/// Example. Head is 7 and <c>a</c> is durable at 5. A replacement of <c>a</c> based on 5 is accepted as 8: the overlay has
/// <c>a</c>@8, readers still see <c>a</c>@5. A second writer based on 5 gets a conflict at once; one based on 8 is accepted
/// as 9. When the database has 8 and 9, <see cref="Promote"/> moves both into the tree and the head to 9. If the database
/// refuses them, <see cref="Rollback"/> drops the overlay, and no reader has ever seen 8 or 9 (invariant I1). The next write is
/// then 10: a writer may have based a write on the dropped <c>a</c>@8, so no other object may get revision 8.
/// </para>
/// </remarks>
internal sealed class ResourceState
{
    private readonly ResourceDefinition _definition;
    private readonly Dictionary<ObjectKey, StoredChange> _overlay = [];
    private readonly ClaimTable _claims;
    private readonly QuotaLedger _quotas;

    /// <summary>Starts from the durable state.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="objects">The durable objects in key order.</param>
    /// <param name="head">The newest durable revision.</param>
    /// <param name="accepted">The newest revision that any activation may have assigned to a write.</param>
    /// <param name="time">The clock.</param>
    public ResourceState(ResourceDefinition definition, IReadOnlyList<StoredObject> objects, long head, long accepted, TimeProvider time)
    {
        _definition = definition;
        Durable = ObjectTree.FromSorted(objects);
        Head = head;
        Accepted = accepted;
        _claims = new ClaimTable(definition);
        _claims.Rebuild(Durable);
        _quotas = new QuotaLedger(definition.Name, AcceptedIn, time);
    }

    /// <summary>The durable objects.</summary>
    public ObjectTree Durable { get; private set; }

    /// <summary>The newest durable revision.</summary>
    public long Head { get; private set; }

    /// <summary>The newest revision assigned to a write, durable or not.</summary>
    public long Accepted { get; private set; }

    /// <summary>The head after all accepted changes that are not rolled back have become durable.</summary>
    public long ExpectedHead => _overlay.Count == 0 ? Head : Accepted;

    /// <summary>Whether there are accepted changes that are not durable yet.</summary>
    public bool HasPending => _overlay.Count > 0;

    /// <summary>Whether the newest accepted version of an object, or its deletion, is not durable yet.</summary>
    public bool IsPending(in ObjectKey key) => _overlay.ContainsKey(key);

    /// <summary>Whether an object holds a claim, accepted changes included.</summary>
    public bool IsHeld(string claim) => _claims.IsHeld(claim);

    /// <summary>The newest accepted version of an object; null if it does not exist.</summary>
    public StoredObject? FindAccepted(in ObjectKey key) => _overlay.TryGetValue(key, out var newest)
        ? newest.Type == LogChangeType.Deleted ? null : newest.Object
        : Durable.Find(key);

    /// <summary>Checks a write against the newest accepted state, and accepts it if its precondition holds.</summary>
    /// <param name="write">The write.</param>
    /// <param name="change">The accepted change.</param>
    /// <returns>Null if accepted; otherwise the refusal.</returns>
    public CommitResult? TryAccept(ObjectWrite write, out StoredChange? change)
    {
        change = null;
        var key = new ObjectKey(write.Namespace, write.Name);
        var current = FindAccepted(key);
        if (write.Type == WriteType.Create)
        {
            if (current is not null)
                return new CommitResult(CommitStatus.AlreadyExists);
        }
        else if (current is null)
        {
            return new CommitResult(CommitStatus.NotFound);
        }
        else if (current.Revision != write.ExpectedRevision)
        {
            return new CommitResult(CommitStatus.Conflict);
        }

        var json = RevisionSplice.Set((write.Json ?? current!.Json).Span, Accepted + 1);
        var obj = StoredObject.Read(_definition, json);
        Check(obj.Key == key && obj.Revision == Accepted + 1, "a stored object says which object it is, and its revision");
        if (_quotas.FindExcess(write.Namespace, write.Quotas, current, obj) is { } excess)
            return new CommitResult(CommitStatus.QuotaExceeded, Detail: excess);
        if (_claims.TryClaim(key, write.Type == WriteType.Delete ? [] : write.Claims, write.SharesClaims) is { } taken)
            return new CommitResult(CommitStatus.ClaimTaken, Detail: taken);

        Accepted++;
        _quotas.Note(write.Namespace, current, write.Type == WriteType.Delete ? null : obj);
        change = new StoredChange(
            write.Type switch
            {
                WriteType.Create => LogChangeType.Added,
                WriteType.Replace => LogChangeType.Modified,
                _ => LogChangeType.Deleted,
            },
            obj,
            current);
        _overlay[key] = change;
        return null;
    }

    /// <summary>Shows changes that have become durable. They must be the oldest accepted ones.</summary>
    public void Promote(IReadOnlyCollection<StoredChange> changes)
    {
        var newest = new Dictionary<ObjectKey, StoredObject?>(changes.Count);
        var head = Head;
        foreach (var change in changes)
        {
            Check(change.Revision > head, "changes become durable in the order of their revisions");
            head = change.Revision;
            newest[change.Object.Key] = change.Type == LogChangeType.Deleted ? null : change.Object;
        }

        Durable = Durable.With(newest);
        Head = head;
        foreach (var change in changes)
        {

            // A newer accepted version of the same object stays above the durable one.
            if (_overlay.TryGetValue(change.Object.Key, out var accepted) && accepted.Revision == change.Revision)
                _overlay.Remove(change.Object.Key);
        }
    }

    /// <summary>Drops all accepted changes that are not durable. Their revisions are never assigned again.</summary>
    public void Rollback()
    {
        _overlay.Clear();
        _claims.Rebuild(Durable);
        _quotas.Clear();
    }

    /// <summary>The newest accepted versions of the objects of a namespace.</summary>
    private IEnumerable<StoredObject> AcceptedIn(string @namespace) =>
        Durable.Range(@namespace).Where(obj => !_overlay.ContainsKey(obj.Key))
            .Concat(_overlay.Values.Where(change => change.Type != LogChangeType.Deleted && change.Object.Key.Namespace == @namespace).Select(change => change.Object));

    // Checked in every build: a wrong object must not become durable.
    private static void Check(bool holds, string invariant)
    {
        if (!holds)
            throw new InvalidOperationException($"broken invariant: {invariant}");
    }
}
