using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// Decides about the pods and claims of a StatefulSet. Ordered, one pod is worked on at a time: upwards, where one is missing or
/// not available yet; then downwards, where there are too many; then downwards again, for an update. In parallel nothing waits for
/// another pod but the update.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/statefulset/stateful_set_control.go. It differs in one thing: a pod that does not become
/// ready is not waited for if the update would replace it next. There, whoever goes back from a template that does not work
/// has to delete its pod by hand.
/// </remarks>
internal sealed class StatefulSetPlanner
{
    private readonly V1StatefulSet _set;
    private readonly StatefulRevisions _revisions;
    private readonly StatefulPods _pods;
    private readonly SortedDictionary<int, V1Pod> _present;
    private readonly Dictionary<string, V1PersistentVolumeClaim> _claims;
    private readonly DateTimeOffset _now;
    private readonly bool _isOrdered;
    private readonly List<ObjectAction> _actions = [];
    private readonly List<CreateObject> _newClaims = [];
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private int _count;
    private int _bytes;

    public StatefulSetPlanner(
        V1StatefulSet set, StatefulRevisions revisions, SortedDictionary<int, V1Pod> present, IEnumerable<V1PersistentVolumeClaim> claims, DateTimeOffset now)
    {
        _set = set;
        _revisions = revisions;
        _pods = new StatefulPods(set, revisions);
        _present = present;
        _claims = claims.ToDictionary(claim => claim.Metadata.Name, StringComparer.Ordinal);
        _now = now;
        _isOrdered = set.Spec.PodManagementPolicy != "Parallel";
    }

    /// <summary>When to look again; null for only when something changes.</summary>
    public DateTimeOffset? NextLook { get; private set; }

    /// <summary>Whether there is more to do than this plan holds. One that does nothing would only be made again.</summary>
    public bool IsMoreLeft { get; private set; }

    /// <summary>Why the lowest pod that cannot be made is not; null if nothing holds one up.</summary>
    public PlannedEvent? Hindrance { get; private set; }

    /// <summary>Decides. Claims come before everything else, since each change of kind is a batch of its own.</summary>
    public IReadOnlyList<ObjectAction> Plan()
    {
        foreach (var (ordinal, pod) in _present)
        {
            CorrectClaims(ordinal, pod);
            // The status counts every pod, so that it has to be looked at in time even if nothing else waits for it.
            IsAvailable(pod);
        }

        if (KeepReplicas() && ScaleDown() && _set.Spec.UpdateStrategy is not { Type: "OnDelete" })
            Update();
        return [.. _newClaims, .. _actions];
    }

    private bool IsAvailable(V1Pod pod)
    {
        if (pod.IsDeleting || pod.Status?.Phase != PodPhase.Running || pod.AvailableFrom(_set.Spec.MinReadySeconds ?? 0) is not { } from)
            return false;
        if (from <= _now)
            return true;
        NextLook = NextLook < from ? NextLook : from;
        return false;
    }

    /// <summary>Has every ordinal that is wanted run its pod, from the lowest.</summary>
    /// <returns>Whether nothing holds up what comes next.</returns>
    private bool KeepReplicas()
    {
        int[] ordinals = [.. _present.Keys.Where(_set.Wants), .. _set.Missing(_present.Keys)];
        foreach (var ordinal in ordinals.Order())
        {
            var goesOn = _present.TryGetValue(ordinal, out var pod) ? Keep(ordinal, pod) : Create(ordinal);
            if (!goesOn && _isOrdered)
                return false;
        }

        IsMoreLeft |= _isOrdered is false && _count > 0 && _present.Keys.Count(_set.Wants) + StatefulNames.BurstMax < _set.WantedReplicas;
        return true;
    }

    /// <summary>Makes the claims of a missing pod, and the pod once they are there: a pod whose claim is refused is not made.</summary>
    private bool Create(int ordinal)
    {
        var present = _pods.ClaimsOf(ordinal).Select(claim => Find(claim.Claim)).OfType<V1PersistentVolumeClaim>().ToList();
        if (present.FindAll(claim => claim.IsDeleting) is { Count: > 0 } deleting)
            Hindrance ??= _pods.Hindered(ordinal, deleting);
        // What belonged to a pod that was scaled away goes first.
        else if (!present.Exists(claim => ClaimRetention.IsLeftOver(claim, _set.PodName(ordinal))) && CreateMissingClaims(ordinal) && TryTakePlace(_pods.BytesOf(ordinal)))
            _actions.Add(_pods.Create(ordinal));
        return false;
    }

    private bool Keep(int ordinal, V1Pod pod)
    {
        if (pod.IsTerminal)
        {
            Delete(pod);
            return false;
        }

        if (pod.Status?.Phase is null or PodPhase.Pending && !pod.IsDeleting)
            CreateMissingClaims(ordinal);
        if (_isOrdered && !IsAvailable(pod))
        {
            if (!pod.IsDeleting && !pod.IsReady && IsNextOfUpdate(ordinal, pod))
                Delete(pod);
            return false;
        }

        if (!pod.IsDeleting && _pods.Identify(pod, ordinal) is { } identified && _busy.Add(pod.Metadata.Name))
            _actions.Add(identified);
        return true;
    }

    /// <summary>
    /// Whether a pod that is not ready is the one that the update would replace next: all above it are of the wanted revision
    /// already, and available. One above it that is missing may be the one that the update has just taken away.
    /// </summary>
    private bool IsNextOfUpdate(int ordinal, V1Pod pod)
    {
        if (!IsToBeUpdated(ordinal, pod))
            return false;
        var above = _present.Where(other => other.Key > ordinal && _set.Wants(other.Key)).Select(other => other.Value).ToList();
        var isComplete = above.Count == _set.WantedReplicas - 1 - (ordinal - _set.FirstOrdinal);
        return above.TrueForAll(other => _revisions.IsUpdated(other) && IsAvailable(other)) && (isComplete || HasFailedBeforeUpdate(pod));
    }

    /// <summary>
    /// Whether a pod that is not ready never was, or was not when the update began. The update waits for those below, so that it
    /// has taken none away above this one.
    /// </summary>
    private bool HasFailedBeforeUpdate(V1Pod pod) => pod.Condition(PodConditionTypes.Ready) is not { } condition
        || (ApiTime.Read(condition.LastTransitionTime) is { } since
            && (since <= ApiTime.Read(pod.Status.StartTime) || since < ApiTime.Read(_revisions.Update.Metadata.CreationTimestamp)));

    private bool IsToBeUpdated(int ordinal, V1Pod pod) => _set.Spec.UpdateStrategy is not { Type: "OnDelete" }
        && !_revisions.IsUpdated(pod) && ordinal - _set.FirstOrdinal >= (_set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0);

    /// <summary>Takes the pods away that are too many, from the highest.</summary>
    private bool ScaleDown()
    {
        var condemned = _present.Where(pod => !_set.Wants(pod.Key)).Select(pod => pod.Value).Reverse().ToList();
        // One that has ended will never be ready, so that nobody waits for it.
        var firstUnavailable = _isOrdered ? condemned.FindLast(pod => !pod.IsTerminal && !IsAvailable(pod)) : null;
        foreach (var pod in condemned)
        {
            if (_isOrdered && (pod.IsDeleting || (!pod.IsTerminal && !IsAvailable(pod) && pod != firstUnavailable)))
                return false;
            Delete(pod);
            if (_isOrdered)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Replaces pods of other revisions, from the highest down to the partition, as many at a time as may be unavailable. One that
    /// is not available already costs nothing.
    /// </summary>
    private void Update()
    {
        var update = _set.Spec.UpdateStrategy?.RollingUpdate;
        var replicas = _set.WantedReplicas;
        var limit = Math.Max(1, IntOrPercent.Resolve(update?.MaxUnavailable, replicas, roundUp: false) ?? 1);
        var isBounded = update?.MaxUnavailable is not null;
        var wanted = _present.Where(pod => _set.Wants(pod.Key)).Reverse().ToList();
        var unavailable = replicas - wanted.Count(pod => IsAvailable(pod.Value));
        // Those that do not serve yet, wherever they are: until they do, nobody knows whether others would.
        var replaced = replicas - wanted.Count(pod => IsAvailable(pod.Value) || !IsReplaced(pod.Value));
        foreach (var (ordinal, pod) in wanted)
        {
            if (replaced >= limit || ordinal - _set.FirstOrdinal < (update?.Partition ?? 0))
                return;
            var isAvailable = IsAvailable(pod);
            if (IsReplaced(pod) || (isAvailable && isBounded && unavailable >= limit))
                continue;
            Delete(pod);
            replaced++;
            unavailable += isAvailable ? 1 : 0;
        }

        bool IsReplaced(V1Pod pod) => pod.IsDeleting || _revisions.IsUpdated(pod);
    }

    private void Delete(V1Pod pod)
    {
        if (!pod.IsDeleting && !_busy.Contains(pod.Metadata.Name) && TryTakePlace(0) && _busy.Add(pod.Metadata.Name))
            _actions.Add(_pods.Delete(pod));
    }

    /// <returns>Whether all of them are there.</returns>
    private bool CreateMissingClaims(int ordinal)
    {
        var missing = _pods.ClaimsOf(ordinal).Where(claim => Find(claim.Claim) is null).ToList();
        foreach (var (template, _) in missing)
        {
            if (TryTakePlace(ObjectCodec.Encode(template).Length))
                _newClaims.Add(_pods.CreateClaim(template, ordinal));
        }

        return missing.Count == 0;
    }

    /// <summary>
    /// Makes the owners of a pod's claims those that the retention policy wants. The pod is not deleted in the same plan: if its
    /// claims still named it as their owner they would go with it.
    /// </summary>
    private void CorrectClaims(int ordinal, V1Pod pod)
    {
        foreach (var (_, key) in _pods.ClaimsOf(ordinal))
        {
            if (Find(key) is not { } claim || ClaimRetention.Corrected(claim, _set, pod, _set.Wants(ordinal)) is not { } corrected)
                continue;
            _busy.Add(pod.Metadata.Name);
            _actions.Add(new UpdateObject(WellKnownResources.PersistentVolumeClaims, corrected) { NeedsNewestPrimary = true });
        }
    }

    private V1PersistentVolumeClaim? Find(ObjectKey claim) => _claims.GetValueOrDefault(claim.Name);

    private bool TryTakePlace(int bytes)
    {
        if (_count >= StatefulNames.BurstMax || (_count > 0 && _bytes + bytes > PodFromTemplate.BurstBytesMax))
        {
            IsMoreLeft = true;
            return false;
        }

        _count++;
        _bytes += bytes;
        return true;
    }
}
