using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// Decides about the pods and claims of a StatefulSet. With ordered pods, it works on one pod at a time: first upwards, on one that
/// is missing or not available; then downwards, on one that is too many; then downwards again, on one to update. With parallel
/// pods, only the update waits for other pods.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/statefulset/stateful_set_control.go. One thing differs: a pod that is not ready is deleted
/// at once if the update would replace it next. In Kubernetes a user who reverts a broken template must delete its pod by hand.
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

    /// <summary>When to reconcile again; null to wait for a change.</summary>
    public DateTimeOffset? NextLook { get; private set; }

    /// <summary>Whether there is more to do than this plan holds. One that does nothing would only be made again.</summary>
    public bool IsMoreLeft { get; private set; }

    /// <summary>Makes the plan.</summary>
    public IReadOnlyList<ObjectAction> Plan()
    {
        foreach (var (ordinal, pod) in _present)
        {
            CorrectClaims(ordinal, pod);
            // The status counts available pods, so every pod's time of availability must cause a new look.
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

    /// <summary>Creates the pods of wanted ordinals and replaces terminal ones, from the lowest ordinal.</summary>
    /// <returns>Whether scale-down and update may go on.</returns>
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
        var claims = _pods.ClaimsOf(ordinal).ToList();
        // A claim that is left over from an earlier pod of this ordinal must be deleted first.
        if (claims.Exists(claim => Find(claim.Claim) is { } present && ClaimRetention.IsLeftOver(present, _set.PodName(ordinal))))
            return false;
        if (!TryTakePlace(_pods.BytesOf(ordinal)))
            return false;
        CreateMissingClaims(ordinal);
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

    /// <summary>Whether the update would replace a pod next: all wanted pods above it have the update revision already.</summary>
    private bool IsNextOfUpdate(int ordinal, V1Pod pod) => IsToBeUpdated(ordinal, pod)
        && _present.All(other => other.Key <= ordinal || !_set.Wants(other.Key) || _revisions.IsUpdated(other.Value));

    private bool IsToBeUpdated(int ordinal, V1Pod pod) => _set.Spec.UpdateStrategy is not { Type: "OnDelete" }
        && !_revisions.IsUpdated(pod) && ordinal - _set.FirstOrdinal >= (_set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0);

    /// <summary>Deletes the surplus pods, from the highest ordinal.</summary>
    private bool ScaleDown()
    {
        var condemned = _present.Where(pod => !_set.Wants(pod.Key)).Select(pod => pod.Value).Reverse().ToList();
        // A terminal pod never becomes ready, so nothing waits for it.
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
    /// Replaces pods of other revisions, from the highest ordinal down to the partition. At most maxUnavailable pods are
    /// unavailable at a time. A pod that is unavailable already does not reduce availability.
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
    /// Corrects the owner references of a pod's claims by the retention policy. The plan then does not delete the pod: claims that
    /// still name it as their owner would be deleted with it.
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
