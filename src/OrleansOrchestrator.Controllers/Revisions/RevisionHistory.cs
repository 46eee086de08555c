using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Revisions;

/// <summary>
/// The history of an object's pod template, as <c>ControllerRevision</c> objects: one for each template, numbered in the order in
/// which they were last current. A rollback gives the template's revision the highest number.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/history.</remarks>
internal sealed class RevisionHistory
{
    private const int NameCharactersMax = 223;

    private RevisionHistory(IReadOnlyList<V1ControllerRevision> all, V1ControllerRevision? current, IReadOnlyList<ObjectAction> changes, bool isNameTaken)
    {
        All = all;
        Current = current;
        Changes = changes;
        IsNameTaken = isNameTaken;
    }

    /// <summary>The object's revisions, the lowest number first.</summary>
    public IReadOnlyList<V1ControllerRevision> All { get; }

    /// <summary>The revision of the present template; null if there is none yet.</summary>
    public V1ControllerRevision? Current { get; }

    /// <summary>
    /// The writes that complete the history. Nothing else may be planned before: pods name revisions, so a revision must exist
    /// before its pods.
    /// </summary>
    public IReadOnlyList<ObjectAction> Changes { get; }

    /// <summary>Whether another object has the name of the next revision, so that the collision must be counted.</summary>
    public bool IsNameTaken { get; }

    /// <summary>Whether the revision of the present template exists and the history needs no write.</summary>
    public bool IsSettled => Current is not null && Changes.Count == 0;

    /// <summary>The name of the next revision, if one is created for the present template.</summary>
    public static string NextName(RevisedObject revised) => NameOf(revised, HashOf(revised, TemplateSnapshot.Of(revised.Template)));

    /// <summary>Reads the history.</summary>
    /// <param name="revised">The object.</param>
    /// <param name="hashLabel">The label in which its revisions carry their hash.</param>
    /// <param name="observed">
    /// All revisions that the object selects or controls, and the one with the name of its next revision, in any order.
    /// </param>
    public static RevisionHistory Of(RevisedObject revised, string hashLabel, IEnumerable<V1ControllerRevision> observed)
    {
        var seen = observed.ToList();
        var claims = ClaimedObjects<V1ControllerRevision>.Of(revised.Owner, revised.Selector, WellKnownResources.ControllerRevisions, seen);
        V1ControllerRevision[] all = [.. claims.Objects.OrderBy(revision => revision.Revision ?? 0).ThenBy(revision => revision.Key)];
        var snapshot = TemplateSnapshot.Of(revised.Template);
        var current = all.LastOrDefault(revision => !revision.IsDeleting && TemplateSnapshot.IsSame(snapshot, revision.Data));
        if (claims.Changes.Count > 0 || revised.Owner.IsDeleting)
            return new RevisionHistory(all, current, claims.Changes, false);

        var highest = all.Where(revision => revision != current).Select(revision => revision.Revision ?? 0).DefaultIfEmpty(0).Max();
        if (current is not null)
            return new RevisionHistory(all, current, current.Revision > highest ? [] : [Renumbered(current, highest + 1)], false);
        var hash = HashOf(revised, snapshot);
        var name = NameOf(revised, hash);
        return seen.Exists(revision => revision.Metadata.Name == name)
            ? new RevisionHistory(all, null, [], true)
            : new RevisionHistory(all, null, [Created(revised, snapshot, name, hashLabel, hash, highest + 1)], false);
    }

    /// <summary>The deletions that keep the history within its limit, the oldest revision first.</summary>
    /// <param name="old">The revisions that count towards the limit, the lowest number first.</param>
    /// <param name="limit">How many of these are kept; null for all.</param>
    /// <param name="isLive">Whether pods still use a revision, so that it is kept at any age.</param>
    public static IEnumerable<DeleteObject> Truncate(IReadOnlyList<V1ControllerRevision> old, int? limit, Func<V1ControllerRevision, bool> isLive) =>
        old.Where(revision => !revision.IsDeleting && !isLive(revision))
            .Take(Math.Max(0, old.Count - (limit ?? old.Count)))
            .Select(revision => new DeleteObject(WellKnownResources.ControllerRevisions, revision.Key, revision.Metadata.Uid));

    /// <summary>The plan while the history is not settled or pods are being adopted or released. It does nothing else.</summary>
    /// <param name="claims">The adoptions and releases of pods.</param>
    /// <param name="burstMax">The most of these that one plan writes; the rest follows in the next one.</param>
    /// <param name="status">The write of the status, with the collision counted if the name is taken.</param>
    public Plan Prepare(IReadOnlyList<ObjectAction> claims, int burstMax, IReadOnlyList<ObjectAction> status) => new()
    {
        Actions = [.. Changes, .. claims.Take(burstMax), .. status],
        RequeueAfter = claims.Count > burstMax ? TimeSpan.Zero : null,
    };

    private static string HashOf(RevisedObject revised, JsonElement snapshot) =>
        TemplateSnapshot.HashOf(snapshot, revised.Owner.Metadata.Uid, revised.CollisionCount);

    private static string NameOf(RevisedObject revised, string hash)
    {
        var owner = revised.Owner.Metadata.Name;
        return $"{(owner.Length > NameCharactersMax ? owner[..NameCharactersMax] : owner)}-{hash}";
    }

    private static UpdateObject Renumbered(V1ControllerRevision revision, long number)
    {
        var renumbered = ObjectCodec.Clone(revision);
        renumbered.Revision = number;
        return new UpdateObject(WellKnownResources.ControllerRevisions, renumbered);
    }

    private static CreateObject Created(RevisedObject revised, JsonElement snapshot, string name, string hashLabel, string hash, long number)
    {
        var owner = revised.Owner.Metadata;
        return new CreateObject(WellKnownResources.ControllerRevisions, new V1ControllerRevision
        {
            ApiVersion = $"{V1ControllerRevision.KubeGroup}/{V1ControllerRevision.KubeApiVersion}",
            Kind = V1ControllerRevision.KubeKind,
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = owner.NamespaceProperty,
                Name = name,
                Labels = new Dictionary<string, string>(revised.Template.Metadata?.Labels ?? new Dictionary<string, string>()) { [hashLabel] = hash },
                // They include the change cause that kubectl shows.
                Annotations = owner.Annotations is { } annotations ? new Dictionary<string, string>(annotations) : null,
                OwnerReferences = [OwnerReferences.ControlledBy(revised.Owner)],
            },
            Data = snapshot,
            Revision = number,
        });
    }
}
