using System.Text.Json;
using System.Text.Json.Nodes;
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
    /// <summary>The label in which a pod names its revision: of a DaemonSet by its hash, of a StatefulSet by its name.</summary>
    public const string PodLabel = "controller-revision-hash";

    private const int NameCharactersMax = 223;

    private readonly IReadOnlyList<ObjectAction> _changes;

    private RevisionHistory(IReadOnlyList<V1ControllerRevision> all, V1ControllerRevision? current, IReadOnlyList<ObjectAction> changes)
    {
        All = all;
        Current = current;
        _changes = changes;
    }

    /// <summary>The object's revisions, the lowest number first.</summary>
    public IReadOnlyList<V1ControllerRevision> All { get; }

    /// <summary>The revision of the present template; null if there is none yet.</summary>
    public V1ControllerRevision? Current { get; }

    /// <summary>
    /// Whether the revision of the present template exists and the history needs no write. Nothing else may be planned before: pods
    /// name revisions, so a revision must exist before its pods.
    /// </summary>
    public bool IsSettled => Current is not null && _changes.Count == 0;

    /// <summary>The revision that a pod names; null if it names none.</summary>
    public static string? RevisionOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(PodLabel, out var revision) ? revision : null;

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
            return new RevisionHistory(all, current, claims.Changes);

        var highest = all.Where(revision => revision != current).Select(revision => revision.Revision ?? 0).DefaultIfEmpty(0).Max();
        if (current is not null)
            return new RevisionHistory(all, current, current.Revision > highest ? [] : [Renumbered(current, highest + 1)]);
        var hash = HashOf(revised, snapshot);
        var name = NameOf(revised, hash);
        return new RevisionHistory(
            all, null, [seen.Exists(revision => revision.Metadata.Name == name) ? CollisionCounted(revised) : Created(revised, snapshot, name, hashLabel, hash, highest + 1)]);
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
    public Plan Prepare(IReadOnlyList<ObjectAction> claims, int burstMax) => new()
    {
        Actions = [.. _changes, .. claims.Take(burstMax)],
        RequeueAfter = claims.Count > burstMax ? TimeSpan.Zero : null,
    };

    private static string HashOf(RevisedObject revised, JsonElement snapshot) =>
        TemplateSnapshot.HashOf(snapshot, revised.Owner.Metadata.Uid, revised.CollisionCount);

    private static string NameOf(RevisedObject revised, string hash)
    {
        var owner = revised.Owner.Metadata.Name;
        return $"{(owner.Length > NameCharactersMax ? owner[..NameCharactersMax] : owner)}-{hash}";
    }

    /// <summary>Counts that another object has the name of the next revision. The count gives the revision another hash, and so another name.</summary>
    private static PatchObject CollisionCounted(RevisedObject revised) =>
        PatchObject.OfStatusFields(revised.Resource, revised.Owner, new JsonObject { ["collisionCount"] = revised.CollisionCount + 1 });

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
